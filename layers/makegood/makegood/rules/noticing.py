"""Which limits leave no time to notice that a device is silent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from makegood.rules.contracts import Contract, StageTerms
from makegood.rules.shapes import Problem

TIMES: Final = {"notify": 2, "plan": 1, "repair": 1}
"""How many times noticing must fit into each limit; the other half of a notice's is for mails and calls."""


def unkeepable(contract: Contract, longest_grace_seconds: int, detection_seconds: int) -> list[Problem]:
    """The terms that cannot be kept, as their limit comes before a silent device is known to be silent."""
    noticing = longest_grace_seconds + detection_seconds
    sum_of = f"the longest grace ({longest_grace_seconds}s) and the time to detect ({detection_seconds}s)"
    return [
        Problem(
            f"outages.{stage}.within",
            f"must be longer than {noticing * times}s, which is {'twice ' if times > 1 else ''}{sum_of}, "
            f"got {terms.within}s",
        )
        for stage, times, terms in _promised(contract)
        if noticing * times >= terms.within
    ]


def longest_grace(contract: Contract, detection_seconds: int) -> int | None:
    """The longest grace, in seconds, that leaves no term unkeepable; None without a promise about outages.

    Below 0 where even a device that may not be silent at all would be noticed too late.
    """
    limits = [(terms.within - 1) // times - detection_seconds for _, times, terms in _promised(contract)]
    return min(limits, default=None)


def _promised(contract: Contract) -> Iterator[tuple[str, int, StageTerms]]:
    for stage, terms in (contract.outages.promised() if contract.outages else {}).items():
        yield stage, TIMES[stage], terms
