"""What a fact may say: one instant, one of several, or nothing, where what happened leaves it open."""

from __future__ import annotations

from dataclasses import dataclass

from makegood.rules.instants import Instant, format_instant

Span = tuple[Instant, Instant]
"""From the first instant to the last, both included."""


@dataclass(frozen=True)
class Possible:
    """The values that a fact may have: an instant of one of the spans, or null when `none`."""

    spans: tuple[Span, ...] = ()
    none: bool = False

    def allows(self, value: Instant | None) -> bool:
        if value is None:
            return self.none
        return any(first <= value <= last for first, last in self.spans)

    @property
    def earliest(self) -> Instant | None:
        """The first instant it may be; None when it can only be nothing."""
        return min((first for first, _ in self.spans), default=None)

    def __str__(self) -> str:
        options = [_written(span) for span in sorted(self.spans)]
        return " or ".join([*options, "nothing"] if self.none else options)


NOTHING = Possible(none=True)


def one_of(*values: Instant | None) -> Possible:
    """Exactly one of these; None is nothing."""
    instants = {value for value in values if value is not None}
    return Possible(tuple((value, value) for value in sorted(instants)), None in values)


def first_of(several: list[Possible]) -> Possible:
    """The earliest of several facts: an instant that some may have while none must be earlier."""
    bounds = [max(last for _, last in fact.spans) for fact in several if not fact.none]
    bound = min(bounds, default=None)
    spans = {
        (first, last if bound is None else min(last, bound))
        for fact in several
        for first, last in fact.spans
        if bound is None or first <= bound
    }
    return Possible(tuple(sorted(spans)), none=bound is None)


def _written(span: Span) -> str:
    first, last = span
    return format_instant(first) if first == last else f"{format_instant(first)} to {format_instant(last)}"
