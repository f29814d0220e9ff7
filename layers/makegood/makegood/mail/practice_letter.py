"""What technicians read shortly before a client's midnight: what the day is about to miss, worst first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from makegood.mail.formats import formats_of
from makegood.mail.letters import Button, Check, Checks, Letter, Reference, Text, render_letter
from makegood.mail.look import count_of
from makegood.mail.message import Message
from makegood.mail.practice_words import show_gap, show_open_day, show_stake
from makegood.mail.statement_words import PRACTICE_NAMES
from makegood.mail.technician_letters import LINK_SECONDS, desk_url
from makegood.rules.gaps import Gap
from makegood.rules.links import Link
from makegood.rules.practice_facts import ATTESTED
from makegood.storage.practice_day import PracticeDay
from makegood.texts import one_line

MOST_DEVICES: Final = 12
"""So many devices of a practice are named; the page names them all."""

_ATTEST: Final = (
    "A log that shows something and a restore done by hand are attested by a person, by name, on that page. "
    "Everything else has to come from the device."
)


def practice_message(today: PracticeDay, to: str) -> Message:
    """The mail about a day that would miss something; the same for the same facts, whenever it is sent."""
    return render_letter(_letter(today, to))


def _letter(today: PracticeDay, to: str) -> Letter:
    contract, expires_at = today.contract, today.day.ends_at + LINK_SECONDS
    formats = formats_of(contract)
    client = one_line(contract.name, 60)
    missing = count_of(sum(len(gap.days) for gap in today.gaps), "device-day")
    names = ", ".join(PRACTICE_NAMES[gap.terms.practice] for gap in today.gaps)
    practices = Link("practices", contract.client, "", to, expires_at)
    return Letter(
        subject=f"[{client}] {missing} about to be missed: {names}",
        topic=f"{client} · practices",
        tone="bad" if any(gap.cents for gap in today.gaps) else "warn",
        headline=f"{missing} of {formats.long_date(today.day.date)} about to be missed",
        lead=" ".join(_what_is_at_stake(today)),
        blocks=(
            Button("Open the practices", desk_url(practices)),
            *([Text(_ATTEST)] if any(gap.terms.practice in ATTESTED for gap in today.gaps) else []),
            Checks("What is missing, the worst first", tuple(_check(gap, today) for gap in today.gaps)),
            Reference("All open incidents", desk_url(Link("home", "", "", to, expires_at))),
        ),
        footer=(
            f"The links are for {to} alone: what is done through them is recorded under this name. "
            f"They work until {formats.zoned_time(expires_at)}.",
        ),
    )


def _what_is_at_stake(today: PracticeDay) -> Iterator[str]:
    formats = formats_of(today.contract)
    end = formats.zoned_time(today.day.ends_at)
    yield f"The day ends on {end}; what arrives later is too late."
    cents = sum(gap.cents for gap in today.gaps)
    if cents:
        money = formats.money(cents)
        yield f"Left as it is, it adds {money} to this month's refunds, unless their cap is reached."


def _check(gap: Gap, today: PracticeDay) -> Check:
    formats = formats_of(today.contract)
    shown = [show_open_day(day, formats) for day in gap.days[:MOST_DEVICES]]
    more = len(gap.days) - len(shown)
    rest = [f"and {count_of(more, 'device')} more"] if more else []
    return Check(show_gap(gap), (*shown, *rest), *show_stake(gap, formats))
