"""What a client reads of maintenance: that it is announced, or cancelled, and what that means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from makegood.mail.letters import Facts, Letter, Text, render_letter
from makegood.mail.maintenance_words import Announcement, show_start, show_window
from makegood.mail.message import Message
from makegood.rules.maintenance import Weekly
from makegood.texts import one_line

ANNOUNCED: Final = "announced"
CANCELLED: Final = "cancelled"
MOST_WINDOWS: Final = 3

_COUNTS: Final = (
    "A device that falls silent during this time opens no incident, and the time is left out of its "
    "availability. One that is still silent at the end has an outage from then on. An outage that has begun "
    "before goes on as ever."
)
_COUNTS_NOT: Final = (
    "Your contract asks for {notice} of notice, and this is less. So it changes nothing for you: a device "
    "that falls silent during this time has an outage, as at any other time."
)
_COUNTS_LATER: Final = (
    "Your contract asks for {notice} of notice, so this counts from {first} on; before that a device that "
    "falls silent has an outage, as at any other time."
)


def maintenance_message(told: Announcement, page: str) -> Message:
    """The mail about maintenance as it stands now: announced, or cancelled; `page` is the client's page."""
    is_over = told.record.cancelled_at is not None
    return render_letter(replace(_cancelled(told) if is_over else _announced(told), page=page))


def _announced(told: Announcement) -> Letter:
    client = one_line(told.versions[-1].name, 60)
    return Letter(
        subject=f"[{client}] Announced maintenance: {told.what()}, {told.day()}",
        topic=f"{client} · maintenance",
        tone="calm" if told.counted else "warn",
        headline=f"We will work on {told.what()}, {told.day()}",
        lead=f"{told.reason()}.".replace("..", "."),
        blocks=(
            Facts("What is announced", tuple(_rows(told))),
            *_meaning(told),
        ),
        footer=("You can answer this mail; it reaches the people who keep your systems running.",),
    )


def _cancelled(told: Announcement) -> Letter:
    client = one_line(told.versions[-1].name, 60)
    assert told.record.cancelled_at is not None
    rest = "Nothing of it had begun." if not told.windows else "What had begun before stays as announced."
    return Letter(
        subject=f"[{client}] Cancelled: maintenance of {told.what()}, {told.day()}",
        topic=f"{client} · maintenance",
        tone="plain",
        headline=f"Cancelled: maintenance of {told.what()}, {told.day()}",
        lead=(
            "What we had announced will not take place: from now on a device that falls silent has an "
            f"outage, as at any other time. {rest}"
        ),
        blocks=(Facts("What had been announced", tuple(_rows(told))),),
        footer=("You can answer this mail; it reaches the people who keep your systems running.",),
    )


def _rows(told: Announcement) -> Iterator[tuple[str, str]]:
    yield "Devices", told.devices()
    when = told.when()
    yield "When", when[:1].upper() + when[1:]
    if isinstance(told.work.when, Weekly) and told.record.cancelled_at is None:
        for number, window in enumerate(told.windows[:MOST_WINDOWS]):
            shown = show_window(window, told.formats)
            yield ("First" if number == 0 else "Then"), shown[:1].upper() + shown[1:]
    if told.reason() and told.record.cancelled_at is not None:
        yield "Why", told.reason()
    yield "Announced", told.formats.zoned_time(told.record.announced_at)
    if told.record.cancelled_at is not None:
        yield "Cancelled", told.formats.zoned_time(told.record.cancelled_at)


def _meaning(told: Announcement) -> Iterator[Text]:
    title, notice = "What this means for you", told.notice()
    if not told.counted:
        yield Text(_COUNTS_NOT.format(notice=notice), title)
        return
    if told.counted != told.windows:
        first = show_start(told.counted[0].start, told.formats)
        yield Text(_COUNTS_LATER.format(notice=notice, first=first), title)
        title = ""
    yield Text(_COUNTS, title)
