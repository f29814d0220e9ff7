"""What several uncertain facts leave open: the earliest of them."""

from __future__ import annotations

import pytest

from makegood_simulator.reading_possible import NOTHING, Possible, first_of, one_of


def written(fact: Possible) -> list[int | None]:
    """Every value from 0 to 20 that the fact may have, then None if it may be nothing."""
    return [value for value in [*range(21), None] if fact.allows(value)]


@pytest.mark.parametrize(
    ("facts", "possible"),
    [
        ([], [None]),
        ([NOTHING, NOTHING], [None]),
        ([NOTHING, one_of(7)], [7]),
        ([one_of(3), one_of(7)], [3]),
        ([one_of(3, None), one_of(7)], [3, 7]),
        ([one_of(3, None), one_of(7, None)], [3, 7, None]),
        ([Possible(((1, 4),)), Possible(((2, 3), (9, 12)))], [1, 2, 3, 4]),
        ([Possible(((1, 9),)), Possible(((2, 4),))], [1, 2, 3, 4]),
        ([Possible(((1, 9),)), Possible(((2, 4),), none=True)], list(range(1, 10))),
    ],
)
def test_the_earliest_of_several_is_one_that_none_must_precede(
    facts: list[Possible], possible: list[int | None]
) -> None:
    assert written(first_of(facts)) == possible


def test_what_comes_after_the_earliest_is_not_told() -> None:
    assert str(first_of([one_of(0), one_of(60)])) == "1970-01-01T00:00:00Z"


def test_what_is_possible_is_told_in_words() -> None:
    assert str(one_of(None)) == "nothing"
    assert str(Possible(((60, 65), (0, 0)), none=True)) == (
        "1970-01-01T00:00:00Z or 1970-01-01T00:01:00Z to 1970-01-01T00:01:05Z or nothing"
    )
