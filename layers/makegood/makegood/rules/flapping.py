"""A device that comes and goes: when that is called flapping, and who is told of it when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from makegood.rules.mails import Order, order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from makegood.rules.instants import Instant

CYCLES: Final = 3
WITHIN_SECONDS: Final = 3_600
"""So many returns within this time, and the incident is marked."""

DIGEST_SECONDS: Final = 3_600
"""After the one notice there is at most one digest in this time."""

NOTICE: Final = "flapping"
DIGEST: Final = "digest"
"""The kinds of these mails; that of a digest ends with its number."""

LOOK_AFTER_SECONDS: Final = 3
"""An hour is looked at a little after its end, so that its last second is on record."""


def flapping_since(returns: Iterable[Instant]) -> Instant | None:
    """The third of the first three returns that lie within an hour; None when there are none."""
    times = sorted(returns)
    for first, last in zip(times, times[CYCLES - 1 :], strict=False):
        if last - first <= WITHIN_SECONDS:
            return last
    return None


def flapping_mails(
    about: str, returns: Sequence[Instant], recipients: Iterable[str], now: Instant
) -> Iterator[Order]:
    """The mails of an incident that has not ended: one notice, and the digest of the last whole hour in which
    the device came back; a digest that has not left when the next hour is over is dropped."""
    since = flapping_since(returns)
    if since is None:
        return
    number = (now - LOOK_AFTER_SECONDS - since) // DIGEST_SECONDS
    has_news = number > 0 and _comes_back(returns, since, number)
    for to in recipients:
        yield order(about, NOTICE, to)
        if has_news:
            yield order(about, f"{DIGEST}{number}", to)


def next_digest_at(returns: Sequence[Instant], now: Instant) -> Instant | None:
    """When the digest of the present hour is due; None while the device has not come back in it."""
    since = flapping_since(returns)
    if since is None:
        return None
    number = max(0, (now - LOOK_AFTER_SECONDS - since) // DIGEST_SECONDS) + 1
    due = since + number * DIGEST_SECONDS + LOOK_AFTER_SECONDS
    return due if _comes_back(returns, since, number) else None


def _comes_back(returns: Iterable[Instant], since: Instant, number: int) -> bool:
    """Whether it did in the hour of this number, that begins right after the one before."""
    end = since + number * DIGEST_SECONDS
    return any(end - DIGEST_SECONDS < at <= end for at in returns)
