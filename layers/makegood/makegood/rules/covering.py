"""When a client's versions together promise nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from makegood.rules.contracts import covered
from makegood.rules.instants import FOREVER
from makegood.rules.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from makegood.rules.contracts import Contract


def uncovered(versions: Sequence[Contract]) -> tuple[Interval, ...]:
    """The times after a version's end in which none follows; the versions are given oldest first.

    Silence in them is no outage, as in announced maintenance: what was overdue before goes on, and for a
    client who comes back the clocks start when the next version begins.
    """
    begins = [covered(version)[0] for version in versions[1:]]
    times = (
        Interval(end, following)
        for version, following in zip(versions, [*begins, FOREVER], strict=False)
        if (end := covered(version)[1]) is not None
    )
    return tuple(time for time in times if time.start < time.end)
