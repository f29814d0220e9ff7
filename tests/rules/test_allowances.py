"""The mails, ends and waits of pauses, excuses and disputes, to the second."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from makegood.rules.allowances import (
    Allowances,
    DisputeState,
    ExcuseState,
    PauseState,
    People,
    overdue_pause,
    wake_times,
    wanted_mails,
)

AT = 1_773_288_000
DAY = 86_400
LIMIT = AT + 5 * DAY
PEOPLE = People(contacts=("owner",), technicians=("tess", "tom"))
PAUSE = PauseState(AT, LIMIT, end=None)
ASKED = ExcuseState("excuse-plan-1", False, AT, granted_at=None, refused_at=None, revoked_at=None)
DISPUTE = DisputeState("dispute-1", AT, decided_at=None)


def mails(now: int, ended_at: int | None = None, **matters: Any) -> list[tuple[str, str]]:
    found = wanted_mails(Allowances(**matters), "incident#x", PEOPLE, now, ended_at)
    return [(mail.kind, mail.to) for mail in found]


@pytest.mark.parametrize(("now", "over"), [(LIMIT - 1, False), (LIMIT, True), (LIMIT + DAY, True)])
def test_a_pause_is_over_at_its_maximum(now: int, over: bool) -> None:
    found = overdue_pause(Allowances(pauses=(PAUSE,)), now)
    assert found == (PAUSE if over else None)
    assert overdue_pause(Allowances(pauses=(replace(PAUSE, end=AT + 5),)), now) is None


def test_the_timer_wakes_at_the_maximum_of_an_open_pause() -> None:
    assert list(wake_times(Allowances(pauses=(PAUSE,)), AT)) == [LIMIT]
    assert list(wake_times(Allowances(pauses=(PAUSE,)), LIMIT)) == []
    assert list(wake_times(Allowances(pauses=(replace(PAUSE, end=AT + 5),)), AT)) == []


def test_a_pause_asks_the_client_and_its_end_is_told_everybody() -> None:
    started = [(f"pause-{AT}-started", "owner")]
    ended = [(f"pause-{AT}-ended", to) for to in ("owner", "tess", "tom")]
    assert mails(AT, pauses=(PAUSE,)) == started
    assert mails(AT + 9, pauses=(replace(PAUSE, end=AT + 9),)) == started + ended


@pytest.mark.parametrize(("end", "told"), [(AT + 9, True), (AT + 10, True), (AT + 11, False)])
def test_a_pause_that_outlasts_its_incident_ends_without_a_word(end: int, told: bool) -> None:
    kinds = {kind for kind, _ in mails(AT + 20, AT + 10, pauses=(replace(PAUSE, end=end),))}
    assert (f"pause-{AT}-ended" in kinds) is told


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [("asked", "tess"), ("asked", "tom")]),
        ({"asks_client": True}, [("asked", "owner"), ("asked", "tess"), ("asked", "tom")]),
        ({"granted_at": AT + 1}, [("granted", "owner"), ("granted", "tess"), ("granted", "tom")]),
        ({"refused_at": AT + 1}, [("refused", "tess"), ("refused", "tom")]),
        (
            {"granted_at": AT + 1, "revoked_at": AT + 2},
            [(kind, to) for kind in ("granted", "revoked") for to in ("owner", "tess", "tom")],
        ),
    ],
)
def test_the_client_is_told_of_whatever_counts_for_it(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found = mails(AT + 5, excuses=(replace(ASKED, **changes),))
    assert found == [(f"excuse-plan-1-{kind}", to) for kind, to in expected]


@pytest.mark.parametrize(
    ("after", "kind", "wakes_after"),
    [
        (0, "opened", DAY),
        (DAY - 1, "opened", DAY),
        (DAY, "waits-1", 2 * DAY),
        (2 * DAY - 1, "waits-1", 2 * DAY),
        (2 * DAY, "waits-2", 3 * DAY),
    ],
)
def test_a_dispute_nags_the_technicians_every_day(after: int, kind: str, wakes_after: int) -> None:
    assert mails(AT + after, disputes=(DISPUTE,)) == [(f"dispute-1-{kind}", to) for to in ("tess", "tom")]
    assert list(wake_times(Allowances(disputes=(DISPUTE,)), AT + after)) == [AT + wakes_after]


def test_a_decision_is_told_everybody_and_ends_the_nagging() -> None:
    decided = replace(DISPUTE, decided_at=AT + DAY)
    assert mails(AT + 2 * DAY, disputes=(decided,)) == [
        ("dispute-1-decided", to) for to in ("owner", "tess", "tom")
    ]
    assert list(wake_times(Allowances(disputes=(decided,)), AT + 2 * DAY)) == []


@pytest.mark.parametrize(("after", "tried"), [(3 * DAY, True), (3 * DAY + 1, False)])
def test_of_an_incident_that_is_over_only_what_is_new_is_told(after: int, tried: bool) -> None:
    granted = replace(ASKED, granted_at=AT)
    assert bool(mails(AT + after, AT - 10, excuses=(granted,))) is tried
    assert mails(AT + after, None, excuses=(granted,)), "while it runs, for as long as it takes"


@pytest.mark.parametrize(
    ("matters", "awaits"),
    [
        ({"pauses": (PAUSE,)}, False),
        ({"excuses": (ASKED,)}, True),
        ({"excuses": (replace(ASKED, refused_at=AT),)}, False),
        ({"excuses": (replace(ASKED, granted_at=AT),)}, False),
        ({"disputes": (DISPUTE,)}, True),
        ({"disputes": (replace(DISPUTE, decided_at=AT),)}, False),
    ],
)
def test_who_is_awaited_keeps_a_closed_incident_in_sight(matters: dict[str, Any], awaits: bool) -> None:
    assert Allowances(**matters).await_somebody is awaits
