"""Facts: refused with everything that is wrong with them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.months import (
    a_contract,
    a_device,
    a_month,
    a_pause,
    an_excuse,
    an_incident,
    at,
    evidence,
)

from makegood.rules.facts import FactsError, parse_facts


def problems_of(**changes: Any) -> list[str]:
    with pytest.raises(FactsError) as refused:
        parse_facts(a_month(**changes))
    assert str(refused.value) == "\n".join(map(str, refused.value.problems))
    return [str(problem) for problem in refused.value.problems]


def paths_of(**changes: Any) -> list[str]:
    return [problem.split(": ")[0] for problem in problems_of(**changes)]


def accepted(**changes: Any) -> bool:
    parse_facts(a_month(**changes))
    return True


def test_quiet_facts_are_accepted() -> None:
    facts = parse_facts(a_month())
    assert (facts.period, facts.incidents, facts.contract.client) == ("2026-04", (), "acme-dental")


def test_lists_may_be_left_out_but_what_the_month_is_may_not() -> None:
    month = a_month()
    assert parse_facts({key: month[key] for key in ("contract", "period", "as_of")}).devices == ()
    with pytest.raises(FactsError) as refused:
        parse_facts({})
    contract, period, as_of = map(str, refused.value.problems)
    assert contract.startswith("contract: must be an object with client, name, ")
    assert period == "period: must be a month such as 2026-03, got nothing"
    assert as_of == "as_of: must be an instant such as 2026-03-01T00:00:00Z, got nothing"


@pytest.mark.parametrize("data", [None, [], "facts", 1])
def test_what_is_no_object_is_one_mistake(data: object) -> None:
    with pytest.raises(FactsError, match=r"^must be an object with contract, period, as_of") as refused:
        parse_facts(data)
    assert len(refused.value.problems) == 1


def test_mistakes_of_the_contract_have_its_path() -> None:
    assert problems_of(contract=a_contract(monthly_fee="1.001", colour="red")) == [
        "contract.colour: is not known here; known are client, name, timezone, locale, currency, monthly_fee,"
        " effective_from, effective_until, contacts, outages, practices, refund_cap, maintenance_notice,"
        " statement",
        "contract.monthly_fee: must be an amount such as \"10.00\", got '1.001'",
    ]


def test_unknown_fields_are_refused_wherever_they_are() -> None:
    incident = an_incident(
        pauses=[{**a_pause(at("10 08:10"), None), "until": "tess"}],
        excuses=[{**an_excuse("plan"), "note": "x"}],
        outages={"notify": {"within": "5m", "refunds": "5%"}},
        restord_at=at("10 09:00"),
    )
    assert paths_of(
        facts=1,
        devices=[a_device(colour="red")],
        incidents=[incident],
        evidence=[{**evidence("backup", at("10 08:00"), {}), "ok": True}],
        maintenance=[
            {
                "devices": [],
                "from": at("10 08:00"),
                "to": at("10 09:00"),
                "announced_at": at("01 00:00"),
                "by": 1,
            }
        ],
        adjustments=[{"period": "2026-03", "cents": 1, "reason": "bounce", "currency": "USD"}],
    ) == [
        "facts",
        "devices[0].colour",
        "incidents[0].restord_at",
        "incidents[0].pauses[0].until",
        "incidents[0].excuses[0].note",
        "incidents[0].outages.notify.refunds",
        "evidence[0].ok",
        "maintenance[0].by",
        "adjustments[0].currency",
    ]


def test_a_mistyped_field_comes_with_the_one_that_was_meant() -> None:
    (problem,) = problems_of(incidents=[an_incident(restord_at=None)])
    assert problem.startswith("incidents[0].restord_at: is not known here (did you mean restored_at?)")


def test_unknown_devices_are_refused() -> None:
    assert problems_of(
        incidents=[an_incident(device="modme")],
        evidence=[evidence("backup", at("10 08:00"), {}, device="nas")],
        maintenance=[
            {
                "devices": ["modem", "*", "srv"],
                "from": at("10 08:00"),
                "to": at("10 09:00"),
                "announced_at": at("01 00:00"),
            }
        ],
    ) == [
        "incidents[0].device: must be one of the devices, got 'modme' (did you mean modem?)",
        "evidence[0].device: must be one of the devices, got 'nas'",
        "maintenance[0].devices[2]: must be one of the devices, got 'srv'",
    ]


def test_unknown_stages_and_practices_are_refused() -> None:
    assert problems_of(
        devices=[a_device(practices=["backup", "backups"])],
        incidents=[an_incident(excuses=[an_excuse("repare")])],
        evidence=[evidence("reboots", at("10 08:00"), {})],
    ) == [
        "devices[0].practices[1]: must be one of patching, antivirus, quarantine, log_review, backup,"
        " restore_test, got 'backups' (did you mean backup?)",
        "incidents[0].excuses[0].stage: must be one of notify, plan, repair, got 'repare'"
        " (did you mean repair?)",
        "evidence[0].practice: must be one of patching, antivirus, quarantine, log_review, backup,"
        " restore_test, got 'reboots'",
    ]


@pytest.mark.parametrize("time", ["notified_at", "planned_at", "restored_at", "documented_at"])
def test_nothing_happens_to_an_incident_before_it_started(time: str) -> None:
    assert accepted(incidents=[an_incident(**{time: at("10 08:00")})])
    assert problems_of(incidents=[an_incident(**{time: at("10 07:59:59")})]) == [
        f"incidents[0].{time}: must not be before started_at, got 2026-04-10T07:59:59Z"
    ]


def test_a_pause_may_begin_before_its_incident() -> None:
    assert accepted(incidents=[an_incident(pauses=[a_pause(at("10 07:00"), at("10 07:30"))])])


def test_a_pause_does_not_end_before_it_begins() -> None:
    assert accepted(incidents=[an_incident(pauses=[a_pause(at("10 08:10"), at("10 08:10"))])])
    assert paths_of(incidents=[an_incident(pauses=[a_pause(at("10 08:10"), at("10 08:09:59"))])]) == [
        "incidents[0].pauses[0].to"
    ]


def test_maintenance_does_not_end_before_it_begins() -> None:
    window = {"devices": ["*"], "from": at("10 08:00"), "to": at("10 08:00"), "announced_at": at("01 00:00")}
    assert accepted(maintenance=[window])
    assert paths_of(maintenance=[{**window, "to": at("10 07:59:59")}]) == ["maintenance[0].to"]


def test_a_device_is_not_retired_before_it_was_enrolled() -> None:
    assert accepted(devices=[a_device(enrolled_at=at("10 08:00"), retired_at=at("10 08:00"))])
    assert paths_of(devices=[a_device(enrolled_at=at("10 08:00"), retired_at=at("10 07:59:59"))]) == [
        "devices[0].retired_at"
    ]


def test_a_device_may_never_have_been_seen() -> None:
    assert accepted(devices=[a_device(enrolled_at=None, retired_at=at("10 08:00"))])


@pytest.mark.parametrize("value", [None, "", " ", 7])
def test_an_excuse_needs_an_approver(value: object) -> None:
    assert paths_of(incidents=[an_incident(excuses=[an_excuse("plan", approved_by=value)])]) == [
        "incidents[0].excuses[0].approved_by"
    ]


@pytest.mark.parametrize("value", [None, "", "yesterday"])
def test_an_excuse_needs_a_time(value: object) -> None:
    assert paths_of(incidents=[an_incident(excuses=[an_excuse("plan", approved_at=value)])]) == [
        "incidents[0].excuses[0].approved_at"
    ]


def test_names_are_given_once() -> None:
    first = an_incident(at("10 08:00"))
    again = {**an_incident(at("11 08:00")), "incident": first["incident"]}
    assert paths_of(devices=[a_device(), a_device()], incidents=[first, again]) == [
        "devices[1].device",
        "incidents[1].incident",
    ]


@pytest.mark.parametrize(
    ("first_ends", "second_starts", "overlap"),
    [
        (at("10 09:00"), at("10 08:59:59"), True),
        (at("10 09:00"), at("10 09:00"), False),
        (None, at("10 09:00"), True),
        (at("10 09:00"), at("10 08:00"), True),
        (at("10 08:00"), at("10 08:00"), False),
    ],
)
def test_two_outages_of_one_device_do_not_overlap(
    first_ends: str | None, second_starts: str, overlap: bool
) -> None:
    none: dict[str, Any] = {"notified_at": None, "planned_at": None, "documented_at": None}
    first = an_incident(at("10 08:00"), incident="first", restored_at=first_ends, **none)
    second = an_incident(second_starts, incident="second", restored_at=at("10 10:00"), **none)
    if overlap:
        for incidents in ([first, second], [second, first]):
            (problem,) = problems_of(incidents=incidents)
            assert "of the same device" in problem
    else:
        assert accepted(incidents=[first, second])


def test_an_outage_that_lasts_overlaps_everything_after_it() -> None:
    long = an_incident(at("10 08:00"), incident="long", restored_at=at("12 09:00"))
    short = an_incident(at("11 08:00"), incident="short")
    late = an_incident(at("12 08:00"), incident="late")
    assert problems_of(incidents=[late, short, long]) == [
        "incidents[1].started_at: must not lie within long, of the same device",
        "incidents[0].started_at: must not lie within long, of the same device",
    ]


def test_outages_of_two_devices_may_overlap() -> None:
    incidents = [an_incident(), an_incident(device="nas")]
    assert accepted(devices=[a_device(), a_device("nas")], incidents=incidents)


def test_mistakes_are_named_together() -> None:
    assert paths_of(
        period="2026-13",
        as_of="now",
        devices=[a_device(), {"device": "Bad Name"}],
        incidents=[
            an_incident(at("10 08:00"), incident="a", restored_at=None, excuses=[{"stage": "x"}]),
            an_incident(at("11 08:00"), incident="a", notified_at=at("11 07:00"), pauses=["x"]),
            {},
        ],
        evidence=[{"device": "modem", "practice": "backup", "at": at("10 08:00")}, 7],
        adjustments=[{"period": "March", "cents": 1.5}],
    ) == [
        "devices[1].device",
        "period",
        "as_of",
        "incidents[0].excuses[0].stage",
        "incidents[0].excuses[0].approved_by",
        "incidents[0].excuses[0].approved_at",
        "incidents[1].pauses[0]",
        "incidents[1].notified_at",
        "incidents[2].incident",
        "incidents[2].device",
        "incidents[2].started_at",
        "evidence[0].facts",
        "evidence[1]",
        "adjustments[0].period",
        "adjustments[0].cents",
        "adjustments[0].reason",
        "incidents[1].incident",
        "incidents[1].started_at",
    ]


@pytest.mark.parametrize("cents", [True, 1.0, "1", None])
def test_an_adjustment_is_of_whole_cents(cents: object) -> None:
    assert paths_of(adjustments=[{"period": "2026-02", "cents": cents, "reason": "x"}]) == [
        "adjustments[0].cents"
    ]


def test_evidence_may_say_anything() -> None:
    assert accepted(evidence=[evidence("backup", at("10 08:00"), {"ok": "maybe", "snapshot": ["a", None]})])


@pytest.mark.parametrize("nest", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_what_is_nested_deep_is_refused_like_any_other_value(nest: Callable[[object], object]) -> None:
    deep: object = 1
    for _ in range(5_000):
        deep = nest(deep)
    with pytest.raises(FactsError):
        parse_facts(a_month(period=deep))


@pytest.mark.parametrize(("cents", "fine"), [(10**15, True), (-(10**15), True), (10**15 + 1, False)])
def test_an_adjustment_has_a_size_that_can_be_written_down(cents: int, fine: bool) -> None:
    facts = a_month(adjustments=[{"period": "2026-03", "cents": cents, "reason": "x"}])
    if fine:
        assert parse_facts(facts).adjustments[0].cents == cents
        return
    with pytest.raises(FactsError, match=r"adjustments\[0\].cents"):
        parse_facts(facts)


def test_incidents_of_unknown_devices_are_not_said_to_overlap() -> None:
    incidents = [an_incident(incident=name, device=name) for name in ("nope", "nada")]
    with pytest.raises(FactsError) as refused:
        parse_facts(a_month(incidents=incidents))
    assert [problem.path for problem in refused.value.problems] == [
        "incidents[0].device",
        "incidents[1].device",
    ]
