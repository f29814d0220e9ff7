"""Who is alerted and warned when: each moment a second before, at and after, taken and not taken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from makegood.rules.allowance_facts import Pause
from makegood.rules.contracts import parse_outages
from makegood.rules.facts import IncidentFacts
from makegood.rules.incidents import Close, Decision, Note, Situation, decide
from makegood.rules.mails import MailState, order

START = 1_000_000
MINUTE = 60
HOUR = 3_600
OPENED = START + 200
ONCALL, PHONE, HOOK, LEAD = (
    "oncall@p.example",
    "sms:+15551234567",
    "https://hooks.p.example/x",
    "lead@p.example",
)
TERMS = {
    "plan": {"within": "1h"},
    "repair": {"within": "10h"},
    "warnings": ["50%", "80%"],
    "escalation": [
        {"after": "0m", "to": ONCALL},
        {"after": "30m", "to": PHONE},
        {"after": "30m", "to": HOOK},
        {"after": "2h", "to": LEAD},
    ],
}


def a_situation(sent: list[tuple[str, str]] | None = None, **changes: Any) -> Situation:
    facts = IncidentFacts(
        incident="modem-x",
        device="modem",
        started_at=START,
        notified_at=OPENED,
        planned_at=None,
        restored_at=None,
        documented_at=None,
        pauses=changes.pop("pauses", ()),
        excuses=(),
        outages=None,
    )
    facts = replace(
        facts,
        **{name: changes.pop(name) for name in list(changes) if name in IncidentFacts.__dataclass_fields__},
    )
    mails = [
        MailState(order("incident#modem-x", kind, to).mail, kind, to, "sent", sent_at=OPENED)
        for kind, to in [("notice", "owner"), *(sent or [])]
    ]
    known: dict[str, Any] = {
        "facts": facts,
        "terms": parse_outages(TERMS),
        "contacts": ("owner",),
        "technicians": ("tess",),
        "mails": {mail.mail: mail for mail in mails},
        "planned": False,
        "involved_at": None,
        "retired_at": None,
        "run": None,
        "opened_at": OPENED,
    }
    return Situation(**{**known, **changes})


def after_notes(situation: Situation, now: int) -> Decision:
    """What is to be done once what time brought is noted."""
    decision = decide(situation, now)
    if not isinstance(decision.step, Note):
        return decision
    noted = situation.noted | {entry.what for entry in decision.step.entries}
    return after_notes(replace(situation, noted=noted), now)


def due(situation: Situation, now: int) -> list[tuple[str, str]]:
    return [(mail.kind, mail.to) for mail in after_notes(situation, now).mails]


def noted(situation: Situation, now: int) -> list[tuple[str, int]]:
    step = decide(situation, now).step
    return [(entry.what, entry.at) for entry in step.entries] if isinstance(step, Note) else []


FIRST = ("alert", ONCALL)
SECOND = [("alert", PHONE), ("alert", HOOK)]


@pytest.mark.parametrize(
    ("at", "alerted"),
    [
        (200, [FIRST]),
        (30 * MINUTE - 1, [FIRST]),
        (30 * MINUTE, [FIRST, *SECOND]),
        (2 * HOUR - 1, [FIRST, *SECOND]),
        (2 * HOUR, [FIRST, ("alert", LEAD), *SECOND]),
    ],
)
def test_a_level_is_alerted_when_the_outage_has_lasted_so_long(
    at: int, alerted: list[tuple[str, str]]
) -> None:
    """Mails before what may be slow."""
    assert [mail for mail in due(a_situation(), START + at) if mail[0] == "alert"] == alerted


@pytest.mark.parametrize(("taken_at", "alerted"), [(30 * MINUTE - 1, []), (30 * MINUTE, SECOND)])
def test_a_level_is_left_in_peace_when_somebody_has_taken_it_before(
    taken_at: int, alerted: list[tuple[str, str]]
) -> None:
    taken = a_situation([FIRST], involved_at=START + taken_at, taken_by=ONCALL)
    assert [mail for mail in due(taken, START + 3 * HOUR) if mail[0] == "alert"] == alerted


def test_each_level_is_looked_at_in_time_unless_somebody_has_taken_it() -> None:
    situation = a_situation([FIRST], planned_at=START + 300)
    assert after_notes(situation, START + 300).wake_at == START + 30 * MINUTE
    reached = replace(situation, mails=a_situation([FIRST, *SECOND]).mails)
    assert after_notes(reached, START + 30 * MINUTE).wake_at == START + 2 * HOUR
    taken = replace(situation, involved_at=START + 400)
    assert after_notes(taken, START + 400).wake_at == START + 5 * HOUR


@pytest.mark.parametrize(
    ("at", "warned"),
    [
        (30 * MINUTE - 1, []),
        (30 * MINUTE, [("plan-50", ONCALL), ("plan-50", PHONE), ("plan-50", HOOK)]),
        (48 * MINUTE - 1, [("plan-50", ONCALL), ("plan-50", PHONE), ("plan-50", HOOK)]),
        (48 * MINUTE, [("plan-80", ONCALL), ("plan-80", PHONE), ("plan-80", HOOK)]),
        (HOUR, [("plan-80", ONCALL), ("plan-80", PHONE), ("plan-80", HOOK)]),
        (HOUR + 2, []),
        (HOUR + 3, [("plan-limit", ONCALL), ("plan-limit", PHONE), ("plan-limit", HOOK)]),
    ],
)
def test_the_last_share_that_is_over_goes_to_the_levels_reached(
    at: int, warned: list[tuple[str, str]]
) -> None:
    alerted = a_situation([FIRST, *SECOND])
    assert due(alerted, START + at) == warned


def test_who_comes_later_is_not_sent_what_was_due_before() -> None:
    """The plan's limit passed after an hour; the lead's turn is after two."""
    assert due(a_situation([FIRST, *SECOND]), START + 2 * HOUR) == [
        ("alert", LEAD),
        ("plan-limit", ONCALL),
        ("plan-limit", PHONE),
        ("plan-limit", HOOK),
    ]


def test_warnings_before_a_limit_go_to_who_has_taken_it_and_the_limit_to_all() -> None:
    taken = a_situation([FIRST, *SECOND], involved_at=START + 31 * MINUTE, taken_by=ONCALL)
    assert due(taken, START + 48 * MINUTE) == [("plan-80", ONCALL)]
    assert due(taken, START + HOUR + 3) == [
        ("plan-limit", ONCALL),
        ("plan-limit", PHONE),
        ("plan-limit", HOOK),
    ]


def test_somebody_from_elsewhere_who_takes_it_quietens_no_warning() -> None:
    taken = a_situation([FIRST], involved_at=START + MINUTE, taken_by="somebody@else.example")
    assert due(taken, START + 30 * MINUTE) == [("plan-50", ONCALL)]


def test_a_pause_moves_the_shares_of_a_clock() -> None:
    paused = a_situation(
        [FIRST], involved_at=START + MINUTE, pauses=(Pause(START + MINUTE, START + 11 * MINUTE, "x"),)
    )
    assert due(paused, START + 40 * MINUTE - 1) == []
    assert due(paused, START + 40 * MINUTE) == [("plan-50", ONCALL)]


def test_without_levels_the_deployments_technicians_are_told_at_once() -> None:
    terms = parse_outages({"plan": {"within": "1h"}})
    assert due(a_situation(terms=terms), START + 200) == [("alert", "tess")]


def test_without_warnings_only_the_limit_is_told() -> None:
    terms = parse_outages({"plan": {"within": "1h"}, "warnings": []})
    situation = a_situation([("alert", "tess")], terms=terms)
    assert due(situation, START + HOUR) == []
    assert due(situation, START + HOUR + 3) == [("plan-limit", "tess")]


def test_who_was_alerted_hears_of_the_end_and_nobody_is_alerted_after_it() -> None:
    """Back since before the second level's turn, which was known only after it."""
    over = {"restored_at": START + 25 * MINUTE, "documented_at": START + 25 * MINUTE}
    assert due(a_situation([FIRST, *SECOND], **over), START + 3 * HOUR) == [
        ("closing", "owner"),
        ("closing", ONCALL),
        ("closing", PHONE),
        ("closing", HOOK),
    ]
    assert due(a_situation([FIRST], **over), START + 3 * HOUR) == [("closing", "owner"), ("closing", ONCALL)]


def test_a_phone_that_takes_nothing_is_given_up_and_a_mailbox_is_not() -> None:
    situation = a_situation([FIRST, *SECOND])
    refused = {
        name: replace(mail, status="sending", sent_at=None, attempts=60)
        for name, mail in situation.mails.items()
    }
    assert due(replace(situation, mails=refused), START + 40 * MINUTE)[:2] == [("notice", "owner"), FIRST]
    again = {name: replace(mail, attempts=59) for name, mail in refused.items()}
    assert set(SECOND) <= set(due(replace(situation, mails=again), START + 40 * MINUTE))


def test_an_incident_closes_although_a_webhook_is_gone() -> None:
    over = {"restored_at": START + 25 * MINUTE, "documented_at": START + 25 * MINUTE}
    closings = [("closing", to) for to in ("owner", ONCALL, PHONE, HOOK)]
    situation = a_situation([FIRST, *SECOND, *closings], **over)
    name = order("incident#modem-x", "closing", HOOK).mail
    gone = replace(situation.mails[name], status="sending", attempts=60)
    decision = after_notes(replace(situation, mails={**situation.mails, name: gone}), START + HOUR)
    assert decision.step == Close()


def test_what_time_brings_is_noted_once_with_the_moment_it_came() -> None:
    situation = a_situation([FIRST])
    assert noted(situation, OPENED) == [("alerted-0", OPENED)]
    known = replace(situation, noted=frozenset({"alerted-0"}))
    assert noted(known, START + 31 * MINUTE) == [
        ("alerted-1", START + 30 * MINUTE),
        ("plan-warned-50", START + 30 * MINUTE),
    ]
    planned = a_situation([FIRST], noted=frozenset({"alerted-0"}), planned_at=START + 600)
    assert noted(planned, START + 700) == [("plan-kept", START + 600)]


@pytest.mark.parametrize(("at", "entries"), [(HOUR + 2, []), (HOUR + 3, [("plan-broken", START + HOUR)])])
def test_a_limit_that_passed_is_noted_a_little_later(at: int, entries: list[tuple[str, int]]) -> None:
    known = frozenset({"alerted-0", "alerted-1", "plan-warned-50", "plan-warned-80"})
    assert noted(a_situation(noted=known), START + at) == entries


def test_a_stage_done_late_is_noted_as_broken_also_when_nobody_looked_in_between() -> None:
    situation = a_situation(
        planned_at=START + HOUR + 60, involved_at=START + 60, noted=frozenset({"alerted-0"})
    )
    assert noted(situation, START + 2 * HOUR) == [("plan-broken", START + HOUR)]
