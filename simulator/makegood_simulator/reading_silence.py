"""When a silence is an outage, as the specification words it: with gaps in hearing, and maintenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from makegood.rules.instants import Instant
from makegood_simulator.witness import Proof

Span = tuple[Instant, Instant]

LONGEST_SPELL = 150
"""So many seconds may lie between two proofs that devices can be heard; beyond, nobody could be."""

AWAITED = 60
"""So many seconds after a proof the next one should have come: from then on time is not monitored."""


def newest_proof(proofs: Iterable[Proof], now: Instant) -> Instant | None:
    """The last proof up to an instant that devices could be heard; None before the first."""
    return max((_newest(proof, now) for proof in proofs if proof.since <= now), default=None)


def deaf_spans(proofs: Sequence[Proof], now: Instant, heard: int | None = None) -> list[Span]:
    """The gaps as known at an instant, the last of them perhaps still open then.

    `heard`: known by what was on record before the heartbeat of this number; None is all of it.
    """
    spans: list[Span] = []
    last: Instant | None = None
    for proof in proofs:
        if proof.since > now or (heard is not None and proof.heard_before > heard):
            continue
        if last is not None and proof.since - last > LONGEST_SPELL:
            spans.append((last, proof.since))
        last = max(last or 0, _newest(proof, now))
    if last is not None and now - last > LONGEST_SPELL:
        spans.append((last, now))
    return spans


def judged(
    last_at: Instant, grace: int, deaf: Iterable[Span], windows: Iterable[Span] = ()
) -> tuple[Instant, Instant]:
    """When the outage of a silence begins, and up to when a heartbeat still prevents it."""
    begins, due = last_at, last_at + grace
    while True:
        later = next(_moves(begins, due, grace, deaf, windows), None)
        if later is None:
            return begins, due
        begins, due = later


def unmonitored(proofs: Sequence[Proof], as_of: Instant, starts_at: Instant, ends_at: Instant) -> list[Span]:
    """What the facts of a period must say of the time in which nobody could be heard."""
    spans = deaf_spans(proofs, as_of)
    return [(start + AWAITED, end) for start, end in spans if end >= starts_at and start + AWAITED < ends_at]


def _newest(proof: Proof, now: Instant) -> Instant:
    """The last beat of a proof that goes on, one a minute, up to an instant."""
    return min(proof.at, now - (now - proof.since) % AWAITED)


def _moves(
    begins: Instant, due: Instant, grace: int, deaf: Iterable[Span], windows: Iterable[Span]
) -> Iterator[tuple[Instant, Instant]]:
    for start, end in deaf:
        if start <= due < end + grace:
            yield begins, end + grace
    for start, end in windows:
        if start <= due < end:
            yield end, end + grace
