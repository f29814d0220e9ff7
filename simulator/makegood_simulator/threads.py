"""A pool of threads that is none: the same work, one piece after the other, so that a seed replays it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


class OneThread:
    """Stands in for `concurrent.futures.ThreadPoolExecutor`.

    As there, all of it is done before the first result is looked at, in no particular order (`arrange`
    chooses one), and what a piece raises is raised when its result is asked for.
    """

    arrange: ClassVar[Callable[[list[int]], None]] = staticmethod(list.sort)

    def __init__(self, max_workers: int | None = None) -> None:
        assert max_workers is None or max_workers > 0

    def __enter__(self) -> OneThread:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, work: Callable[..., T], *pieces: Iterable[Any]) -> Iterator[T]:
        given = list(zip(*pieces, strict=False))
        order = list(range(len(given)))
        type(self).arrange(order)
        done = {number: _attempt(work, given[number]) for number in order}
        return (_result(done[number]) for number in range(len(given)))


def _attempt(work: Callable[..., T], piece: tuple[Any, ...]) -> T | Exception:
    try:
        return work(*piece)
    except Exception as error:
        return error


def _result(outcome: T | Exception) -> T:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
