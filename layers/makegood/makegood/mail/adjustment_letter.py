"""The mail about a correction in the client's favour, sent as soon as it is known."""

from __future__ import annotations

from dataclasses import dataclass

from makegood.mail.formats import formats_of
from makegood.mail.letters import Facts, Letter, Text, render_letter
from makegood.mail.outbox import Message
from makegood.rules.instants import Instant, Period
from makegood.rules.terms import Contract
from makegood.texts import one_line


@dataclass(frozen=True)
class Correction:
    """What a period came to more, why, and on which statement it stands; None when none follows."""

    contract: Contract
    period: Period
    cents: int
    reason: str
    settled_in: Period
    issued_at: Instant | None


def adjustment_message(correction: Correction, page: str) -> Message:
    """The mail to somebody whose link to the client's page is `page`."""
    contract = correction.contract
    formats = formats_of(contract)
    client, month = one_line(contract.name, 60), formats.period(correction.period)
    amount = formats.money(correction.cents)
    return render_letter(
        Letter(
            subject=f"[{client}] {month} corrected: {amount} more for you",
            topic=f"{client} · correction",
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
                        ("Refunded in addition", amount),
                        ("Where it stands", _where(correction)),
                    ),
                ),
                Text(
                    "An issued statement never changes, so that you can rely on it. What turns out "
                    "differently later stands on the next one, with the reason."
                ),
            ),
            footer=("Reply to this mail to reach us.",),
            page=page,
        )
    )


def _where(correction: Correction) -> str:
    if correction.issued_at is None:
        return "no further statement follows, so we pay it to you separately"
    formats = formats_of(correction.contract)
    day, month = formats.day(correction.issued_at), formats.period(correction.settled_in)
    return f"on your statement for {month}, which comes on {day}"
