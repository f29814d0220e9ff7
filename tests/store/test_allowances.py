"""Pauses and excuses: each twice and two at once, and beside whatever else happens to their incident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.cast import GRACE, HOUR, MINUTE, OWNER, START, a_contract, an_up_device, sign_up
from support.deployment import Deployment
from support.rivals import first_does

from makegood.rules.stages import judge_incident
from makegood.storage.adjusting import marks_of
from makegood.storage.cases import Case, load_case
from makegood.storage.changes import Operator, RefusedError
from makegood.storage.contracts import versions_of
from makegood.storage.devices import UP, Device, find_device
from makegood.storage.enrolment import Enrolment, enroll, retire
from makegood.storage.excuses import Plea, excuse_stage, revoke_excuse
from makegood.storage.incidents import open_incident, open_incidents
from makegood.storage.pauses import Wait, pause_incident, resume_incident
from makegood.storage.records import AuditEntry, Excuse, Incident, Pause

CLIENT = "acme-dental"
NAME = "modem-20260312T040000Z"
OPENED = START + GRACE + 10
NOW = START + 30 * MINUTE
AWAITED = "A key to the server room."
EVIDENCE = "The breaker was switched off."
TESS = "arn:aws:iam::123456789012:user/tess (tess)"

pytestmark = pytest.mark.usefixtures("deployment")


@pytest.fixture(autouse=True)
def incident(deployment: Deployment) -> Incident:
    """The modem is silent since 04:00:00 on 12 March, when its name was given."""
    sign_up()
    return fall_silent()


def fall_silent() -> Incident:
    opened = open_incident(an_up_device("modem"), OPENED, versions_of(CLIENT))
    assert opened is not None
    return opened


def tess(at: int = NOW) -> Operator:
    return Operator(TESS, at)


def pause(at: int = NOW, reason: str = "awaiting_client", incident: str = NAME) -> bool:
    return pause_incident(CLIENT, incident, Wait(reason, AWAITED), tess(at))


def resume(at: int = NOW + 10 * MINUTE) -> bool:
    return resume_incident(CLIENT, NAME, tess(at))


def excuse(stage: str = "plan", at: int = NOW, **changes: str) -> bool:
    words = {"reason": "client_caused", "approved_by": OWNER, **changes}
    plea = Plea(stage, words["reason"], EVIDENCE)
    return excuse_stage(CLIENT, NAME, plea, tess(at), approved_by=words["approved_by"])


def the_case() -> Case:
    case = load_case(CLIENT, NAME, NOW)
    assert case is not None
    return case


def pauses() -> list[tuple[int, int | None, str]]:
    return [(pause.start, pause.end, pause.reason) for pause in the_case().pauses]


def excuses() -> list[tuple[str, str, str | None, int | None]]:
    return [(found.stage, found.reason, found.approved_by, found.approved_at) for found in the_case().excuses]


def timer() -> tuple[int, int]:
    return the_case().incident.timer, the_case().incident.wake_at


def timeline() -> list[tuple[int, str, str]]:
    return [(entry.at, entry.what, entry.who) for entry in the_case().timeline[1:]]


def audit() -> list[str]:
    return [entry.what for entry in AuditEntry.query(CLIENT, AuditEntry.sk.startswith("audit#"))]


def change(*actions: Any) -> None:
    Incident(CLIENT, f"incident#{NAME}").update(actions=[*actions])


def repair() -> None:
    change(Incident.restored_at.set(NOW - 100), Incident.documented_at.set(NOW - 50))


def close() -> None:
    repair()
    change(Incident.closed_at.set(NOW), Incident.open_shard.remove())


def lose_the_timer() -> None:
    """As on the record of an incident that was taken over from elsewhere."""
    change(Incident.open_shard.remove())


def reason_against(attempt: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as refused:
        attempt()
    return str(refused.value)


def test_a_pause_is_recorded_with_its_entries_and_the_timer_hears_of_it() -> None:
    assert pause() is True
    assert pauses() == [(NOW, None, "awaiting_client")]
    assert timer() == (2, NOW)
    assert timeline() == [(NOW, "paused", TESS)]
    assert audit() == [f"incident {NAME} paused, awaiting_client: {AWAITED}"]


def test_pausing_twice_is_pausing_once() -> None:
    pause()
    assert pause(NOW + 5) is False
    assert pauses() == [(NOW, None, "awaiting_client")]
    assert timer() == (2, NOW)
    assert len(timeline()) == len(audit()) == 1


def test_what_is_paused_is_not_paused_for_another_reason() -> None:
    pause()
    assert reason_against(lambda: pause(NOW + 5, "awaiting_access")) == (
        f"{NAME} is paused already, since 2026-03-12T04:30:00Z: awaiting_client."
    )


def test_the_clocks_run_again_after_a_resumption_and_the_timer_hears_of_it() -> None:
    pause()
    assert resume() is True
    assert pauses() == [(NOW, NOW + 10 * MINUTE, "awaiting_client")]
    assert timer() == (3, NOW + 10 * MINUTE)
    assert timeline()[1:] == [(NOW + 10 * MINUTE, "resumed", TESS)]
    assert audit()[1:] == [f"incident {NAME} resumed"]


def test_resuming_twice_is_resuming_once() -> None:
    pause()
    resume()
    assert resume(NOW + 20 * MINUTE) is False
    assert pauses() == [(NOW, NOW + 10 * MINUTE, "awaiting_client")]
    assert timer() == (3, NOW + 10 * MINUTE)
    assert len(timeline()) == len(audit()) == 2


def test_what_was_never_paused_is_not_resumed() -> None:
    assert reason_against(resume) == f"{NAME} is not paused."
    assert timer() == (1, OPENED)


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_pause_may_be_as_short_as_nothing(seconds: int) -> None:
    pause()
    assert resume(NOW + seconds) is True
    assert pauses() == [(NOW, NOW + seconds, "awaiting_client")]


def test_a_pause_does_not_end_before_it_begins_whatever_a_clock_says() -> None:
    pause()
    assert reason_against(lambda: resume(NOW - 1)) == (
        f"{NAME} is paused since 2026-03-12T04:30:00Z, which by this machine's clock is yet to come: set the "
        "clock, then repeat the command."
    )
    assert pauses() == [(NOW, None, "awaiting_client")]


@pytest.mark.parametrize(("length", "later", "allowed"), [(2, 1, False), (2, 2, True), (0, 0, False)])
def test_a_second_pause_begins_when_the_first_has_ended(length: int, later: int, allowed: bool) -> None:
    pause()
    resume(NOW + length)
    if allowed:
        assert pause(NOW + later) is True
        assert pauses()[1:] == [(NOW + later, None, "awaiting_client")]
    else:
        assert "and two pauses cannot overlap" in reason_against(lambda: pause(NOW + later))
        assert len(pauses()) == 1


def test_a_pause_moves_plan_and_repair_by_its_length_and_the_notice_by_nothing() -> None:
    """Ten minutes; a second pause from 05:05 on, within the plan's hour as extended to 05:10."""
    pause()
    resume()
    pause(START + 65 * MINUTE)
    case = the_case()
    verdicts = judge_incident(case.terms, case.facts, None, START + 70 * MINUTE)
    assert [(verdict.stage, (verdict.deadline - START) // MINUTE) for verdict in verdicts] == [
        ("notify", 15),
        ("plan", 75),
        ("repair", 255),
    ]


def test_whoever_pauses_is_involved_from_then_on_also_when_the_pause_is_over() -> None:
    assert the_case().situation(()).involved_at is None
    excuse()
    assert the_case().situation(()).involved_at is None
    pause()
    assert the_case().situation(()).involved_at == NOW
    resume()
    assert the_case().situation(()).involved_at == NOW


@pytest.mark.parametrize("end", [repair, close, lose_the_timer])
def test_an_incident_that_has_ended_is_not_paused(end: Callable[[], None]) -> None:
    end()
    assert reason_against(pause) == (
        f"{NAME} has ended, and its clocks with it; what was missed can be excused."
    )
    assert pauses() == []


def test_a_device_that_retired_has_nothing_to_pause() -> None:
    retire(CLIENT, "modem", tess())
    assert "has ended" in reason_against(pause)


@pytest.mark.parametrize("missing", [Incident.restored_at, Incident.documented_at])
def test_a_repair_that_lacks_one_half_is_paused_still(missing: Any) -> None:
    repair()
    change(missing.remove())
    assert pause() is True


def test_a_pause_left_open_can_be_ended_after_the_incident() -> None:
    pause()
    close()
    assert resume() is True
    assert pauses() == [(NOW, NOW + 10 * MINUTE, "awaiting_client")]


def test_an_excuse_is_recorded_with_its_entries_and_the_timer_hears_of_it() -> None:
    assert excuse() is True
    assert excuses() == [("plan", "client_caused", OWNER, NOW)]
    assert timer() == (2, NOW)
    assert timeline() == [(NOW, "plan-excused", OWNER)]
    assert audit() == [f"incident {NAME}, stage plan excused, approved by {OWNER}, client_caused: {EVIDENCE}"]


def test_excusing_twice_is_excusing_once() -> None:
    excuse()
    assert excuse(at=NOW + 5) is False
    assert excuses() == [("plan", "client_caused", OWNER, NOW)]
    assert timer() == (2, NOW)
    assert len(timeline()) == len(audit()) == 1


@pytest.mark.parametrize("words", [{"reason": "force_majeure"}, {"approved_by": "tom@provider.example"}])
def test_an_excuse_on_record_is_not_replaced(words: dict[str, str]) -> None:
    excuse()
    assert reason_against(lambda: excuse(at=NOW + 5, **words)) == (
        f"The plan of {NAME} is excused already, approved by {OWNER} at 2026-03-12T04:30:00Z: client_caused."
    )
    assert excuses() == [("plan", "client_caused", OWNER, NOW)]


def test_two_stages_are_excused_in_one_second_and_both_stand_in_the_timeline() -> None:
    assert (excuse("repair"), excuse("notify")) == (True, True)
    assert [stage for stage, *_ in excuses()] == ["notify", "repair"]
    assert [what for _, what, _ in timeline()] == ["notify-excused", "repair-excused"]


def test_a_closed_incident_is_excused_and_its_timer_runs_again_to_tell_everybody() -> None:
    close()
    assert excuse(at=NOW + HOUR) is True
    assert excuses() == [("plan", "client_caused", OWNER, NOW + HOUR)]
    assert timer() == (2, NOW + HOUR)
    assert [found.incident for found in open_incidents()] == [NAME]


def test_an_incident_that_never_had_a_timer_is_excused_and_gets_none() -> None:
    lose_the_timer()
    assert excuse(at=NOW + HOUR) is True
    assert timer() == (1, OPENED)
    assert list(open_incidents()) == []


def test_a_stage_that_is_none_is_not_excused() -> None:
    assert reason_against(lambda: excuse("repairs")) == (
        "There is no stage repairs (did you mean repair?); the stages are notify, plan, repair."
    )


def test_a_stage_that_is_not_promised_is_not_excused() -> None:
    terms = a_contract()["outages"]
    change(Incident.terms.set({name: terms[name] for name in ("notify", "plan")}))
    assert reason_against(lambda: excuse("repair")) == (
        f"The contract of {NAME} promises no repair; promised is: notify, plan."
    )
    change(Incident.terms.set({}))
    assert reason_against(lambda: excuse("plan")).endswith("promised is: nothing.")


@pytest.mark.parametrize("name", ["", "modem", "modem-20260312T040000", f"{NAME}#", "srv-20260312T040000Z"])
def test_an_incident_is_known_by_its_whole_name_only(name: str) -> None:
    assert reason_against(lambda: pause(incident=name)) == (
        f"There is no incident {name}; `makegood incident list acme-dental --all` names them."
    )


def test_an_unknown_client_has_no_incidents() -> None:
    attempt = reason_against(lambda: resume_incident("nobody", NAME, tess()))
    assert attempt == "There is no client nobody; it begins with its first contract."


def test_words_that_are_none_are_refused_all_at_once() -> None:
    rule = "must be 1 to 200 characters in one line, none of them invisible"
    assert reason_against(lambda: excuse(approved_by="\x1b")) == f"--approved-by {rule}, got '\\x1b'."
    assert reason_against(lambda: pause_incident(CLIENT, NAME, Wait("awaiting_client", " "), tess())) == (
        "What is awaited must be a text of 1 to 5,000 characters."
    )


@pytest.mark.parametrize(
    ("attempt", "reasons"),
    [
        (
            lambda: pause(reason="awaiting_acess"),
            ("awaiting_acess (did you mean awaiting_access?)", "awaiting_client"),
        ),
        (
            lambda: excuse(reason="client caused"),
            ("client caused (did you mean client_caused?)", "force_majeure"),
        ),
    ],
)
def test_a_reason_is_one_of_few_and_a_mistyped_one_comes_with_the_one_that_was_meant(
    attempt: Callable[[], object], reasons: tuple[str, str]
) -> None:
    said = reason_against(attempt)
    assert said.startswith(f"There is no reason {reasons[0]}; the reasons are ")
    assert reasons[1] in said


def test_of_two_who_pause_for_one_reason_at_once_the_second_sees_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first_does(monkeypatch, lambda: pause(NOW + 1))
    assert pause() is False
    assert pauses() == [(NOW + 1, None, "awaiting_client")]


def test_of_two_who_pause_for_different_reasons_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    first_does(monkeypatch, lambda: pause(NOW, "awaiting_access"))
    assert "is paused already, since 2026-03-12T04:30:00Z: awaiting_access." in reason_against(pause)
    assert pauses() == [(NOW, None, "awaiting_access")]


def test_a_whole_pause_of_somebody_else_meanwhile_is_not_overlapped(monkeypatch: pytest.MonkeyPatch) -> None:
    def pause_and_resume() -> None:
        pause(NOW + 2)
        resume(NOW + 5)

    first_does(monkeypatch, pause_and_resume)
    assert "two pauses cannot overlap" in reason_against(pause)
    assert pauses() == [(NOW + 2, NOW + 5, "awaiting_client")]


def test_of_two_who_resume_at_once_the_first_ends_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    pause()
    first_does(monkeypatch, lambda: resume(NOW + 60))
    assert resume(NOW + 61) is False
    assert pauses() == [(NOW, NOW + 60, "awaiting_client")]


def test_of_two_who_excuse_one_stage_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    first_does(monkeypatch, lambda: excuse(reason="force_majeure"))
    assert "is excused already" in reason_against(excuse)
    assert [reason for _, reason, _, _ in excuses()] == ["force_majeure"]


def test_a_device_that_retires_meanwhile_is_not_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    first_does(monkeypatch, lambda: retire(CLIENT, "modem", tess()))
    assert "has ended" in reason_against(pause)
    assert pauses() == []


@pytest.mark.parametrize("end", [repair, close])
def test_an_incident_that_ends_meanwhile_is_not_paused(
    end: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    first_does(monkeypatch, end)
    assert "has ended" in reason_against(pause)
    assert pauses() == []
    assert audit() == []


@pytest.mark.parametrize("allow", [resume, excuse])
def test_an_incident_that_closes_meanwhile_is_resumed_and_excused(
    allow: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    pause()
    first_does(monkeypatch, close)
    assert allow() is True


def test_a_device_that_comes_back_meanwhile_is_paused_until_its_repair_is_documented(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def come_back() -> None:
        change(Incident.restored_at.set(NOW - 100))
        row = find_device(CLIENT, "modem")
        assert row is not None
        row.update(actions=[Device.state.set(UP), Device.incident.remove()])

    first_does(monkeypatch, come_back)
    assert pause() is True


def test_another_change_of_the_client_at_once_stands_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Enrolment(CLIENT, "srv", "server", "Server", 180)
    first_does(monkeypatch, lambda: enroll(wanted, tess(), 180))
    assert pause() is True
    assert sorted(audit()) == ["device srv enrolled", f"incident {NAME} paused, awaiting_client: {AWAITED}"]


def test_no_one_overwrites_what_stands_under_the_same_name(incident: Incident) -> None:
    """Whatever else wrote it: the condition is on the record itself, not on the client alone."""
    other = Excuse(
        CLIENT,
        f"{incident.sk}#excuse#plan#1",
        incident="other",
        stage="notify",
        reason="",
        approved_by="",
        approved_at=0,
    )
    other.save()
    assert "Others keep changing" in reason_against(excuse)
    Pause(CLIENT, f"{incident.sk}#pause#{NOW:010d}", incident=NAME, start=NOW - 9, end=NOW, reason="x").save()
    assert "Others keep changing" in reason_against(pause)


def test_an_end_on_record_stands_whoever_wrote_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pause()
    (stored,) = the_case().pauses
    first_does(monkeypatch, lambda: stored.update(actions=[Pause.end.set(NOW + 1)]))
    assert resume() is False
    assert pauses() == [(NOW, NOW + 1, "awaiting_client")]


def test_a_statement_is_told_of_the_notice_that_is_excused_not_of_a_stage() -> None:
    april = NOW + 30 * 24 * HOUR
    assert excuse("notify", april)
    revoke_excuse(CLIENT, NAME, "excuse-notify-1", tess(april + 60), "The log shows otherwise.")
    assert [mark.reason.partition(" by ")[0] for mark in marks_of(CLIENT)] == [
        "a miss of the notice is excused",
        "the excuse of the notice was taken back",
    ]
