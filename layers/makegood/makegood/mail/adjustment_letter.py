"""The client's mail about a correction in its favour, sent as soon as it is known."""

from __future__ import annotations

from dataclasses import dataclass

from makegood.mail.formats import formats_of
from makegood.mail.letters import Facts, Letter, Text, render_letter
from makegood.mail.message import Message
from makegood.rules.instants import Instant, Period
from makegood.rules.terms import Contract
from makegood.texts import one_line


@dataclass(frozen=True)
class Correction:
    """What a period came to more, and why; `settled` is the period on whose statement it stands and when that
    comes, None when no statement follows, so that it is paid apart."""

    contract: Contract
    period: Period
    cents: int
    reason: str
    settled: tuple[Period, Instant] | None = None

    @property
    def amount(self) -> str:
        return formats_of(self.contract).money(self.cents)

    @property
    def client(self) -> str:
        return one_line(self.contract.name, 60)

    @property
    def month(self) -> str:
        return formats_of(self.contract).period(self.period)


def adjustment_message(correction: Correction, page: str) -> Message:
    """What the client reads: what changed, of which statement, how much it is and when it is paid.

    To somebody whose link to the client's page is `page`.
    """
    amount, month = correction.amount, correction.month
    return render_letter(
        Letter(
            subject=f"[{correction.client}] {month} corrected: {amount} more for you",
            topic=f"{correction.client} · correction",
            tone="good",
            headline=f"You get {amount} more for {month}",
            lead=(
                f"Something about {month} turned out differently after its statement was issued. We computed "
                "the month again, and the difference is yours."
            ),
            blocks=(
                Facts(
                    "The correction",
                    (
                        ("What changed", correction.reason),
                        ("Which statement", month),
                        ("Refunded in addition", amount),
                        ("When you get it", _when(correction)),
                    ),
                ),
                Text(_why_here(correction)),
            ),
            footer=("Reply to this mail to reach us.",),
            page=page,
        )
    )


def _when(correction: Correction) -> str:
    if correction.settled is None:
        return "now: your contract has ended and no further statement follows, so we pay it to you separately"
    period, moment = correction.settled
    formats = formats_of(correction.contract)
    month, day = formats.period(period), formats.day(moment)
    return f"on your statement for {month}, which comes on {day}: that much less is due there"


def _why_here(correction: Correction) -> str:
    never = "An issued statement never changes, so that you can rely on it."
    if correction.settled is None:
        return f"{never} Keep this mail with it: the two together are what the month came to."
    return f"{never} What turns out differently later stands on the next one, with the reason."
