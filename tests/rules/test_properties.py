"""What holds for every month, found or made up."""

from __future__ import annotations

import json
from contextlib import suppress
from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.months import a_contract, a_device, a_month, an_incident

from makegood.rules.facts import FactsError
from makegood.rules.instants import format_instant, parse_instant
from makegood.rules.statements import compute

FIRST = parse_instant("2026-03-25T00:00:00Z")
LAST = parse_instant("2026-05-06T00:00:00Z")
DEVICES = ("nas", "modem", "srv")
STAGES = ("notify", "plan", "repair")
FACTS: dict[str, list[dict[str, Any]]] = {
    "backup": [{"ok": True}, {"ok": False}, {"ok": True, "bytes": 0}, {}],
    "log_review": [{"reviewed": True}, {"reviewed": None}],
}

instants = st.integers(FIRST, LAST)
refunds = st.sampled_from(["5%", "0.33%", "33.33%", "7", "12.50"])


def written(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant)


@st.composite
def stages(draw: st.DrawFn) -> dict[str, Any]:
    within = draw(st.sampled_from(["10m", "1h", "4h", "2d"]))
    then = {"every": draw(st.sampled_from(["30m", "1h", "1d"])), "refund": draw(refunds)}
    limited = {**then, "at_most": draw(st.integers(0, 5))}
    return {"within": within, "refund": draw(refunds), "then": draw(st.sampled_from([None, then, limited]))}


@st.composite
def contracts(draw: st.DrawFn) -> dict[str, Any]:
    practice = {"at_least": draw(st.sampled_from(["50%", "66.67%", "100%"])), "refund": draw(refunds)}
    return a_contract(
        timezone=draw(st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia", "America/St_Johns"])),
        monthly_fee=draw(st.sampled_from(["0", "0.07", "450", "2400.00"])),
        effective_from=draw(st.sampled_from(["2026-01-01", "2026-04-01", "2026-04-12"])),
        effective_until=draw(st.sampled_from([None, "2026-04-20", "2026-05-02"])),
        outages={stage: draw(stages()) for stage in draw(st.sets(st.sampled_from(STAGES)))},
        practices={
            "backup": {"max_age": draw(st.sampled_from(["1d", "3d", "26h"])), **practice},
            "log_review": {"max_age": "2d", "refund_each": draw(refunds)},
        },
        refund_cap=draw(st.sampled_from(["0%", "3%", "25%", "100%"])),
    )


@st.composite
def pauses(draw: st.DrawFn, started_at: int) -> dict[str, Any]:
    start = draw(st.integers(started_at - 3_600, started_at + 90_000))
    end = draw(st.none() | st.integers(start, start + 90_000))
    return {"from": written(start), "to": written(end), "reason": "awaiting_client"}


@st.composite
def outages(draw: st.DrawFn, device: str, started_at: int, before: int) -> dict[str, Any]:
    """An outage of the device that is over before the given instant."""
    times = {
        name: draw(st.none() | st.integers(started_at, started_at + 200_000))
        for name in ("notified_at", "planned_at", "documented_at")
    }
    restored_at = draw(st.integers(started_at, before))
    approvals = draw(st.dictionaries(st.sampled_from(STAGES), instants, max_size=2))
    return an_incident(
        format_instant(started_at),
        device=device,
        restored_at=written(restored_at),
        **{name: written(time) for name, time in times.items()},
        pauses=draw(st.lists(pauses(started_at), max_size=3)),
        excuses=[
            {"stage": stage, "reason": "x", "approved_by": "owner", "approved_at": written(approved_at)}
            for stage, approved_at in approvals.items()
        ],
    )


@st.composite
def months(draw: st.DrawFn) -> dict[str, Any]:
    """Facts around April 2026 in which nothing is impossible."""
    devices, incidents = [], []
    for name in draw(st.sets(st.sampled_from(DEVICES), min_size=1)):
        enrolled_at = draw(st.sampled_from([FIRST - 900_000, FIRST + 1_000_000]))
        retired_at = draw(st.none() | st.integers(enrolled_at, LAST))
        practices = draw(st.sets(st.sampled_from(list(FACTS))))
        devices.append(
            a_device(
                name,
                enrolled_at=written(enrolled_at),
                retired_at=written(retired_at),
                practices=sorted(practices),
            )
        )
        starts = sorted(draw(st.sets(instants, max_size=3)))
        for started_at, next_at in pairwise([*starts, LAST + 1_000_000]):
            incidents.append(draw(outages(name, started_at, next_at)))
    names = [device["device"] for device in devices]
    practice = st.sampled_from(list(FACTS))
    feeds = st.tuples(st.sampled_from(names), practice, instants)
    evidence = [
        {"device": device, "practice": name, "at": written(at), "facts": draw(st.sampled_from(FACTS[name]))}
        for device, name, at in draw(st.sets(feeds, max_size=25))
    ]
    windows = draw(st.lists(st.tuples(instants, st.integers(0, 90_000), st.integers(0, 600_000)), max_size=3))
    return a_month(
        contract=draw(contracts()),
        period=draw(st.sampled_from(["2026-04", "2026-05"])),
        as_of=written(draw(instants)),
        devices=devices,
        incidents=incidents,
        evidence=evidence,
        maintenance=[
            {
                "devices": draw(st.sampled_from([["*"], names[:1]])),
                "from": written(start),
                "to": written(start + length),
                "announced_at": written(start - ahead),
            }
            for start, length, ahead in windows
        ],
        adjustments=draw(
            st.lists(
                st.builds(
                    lambda cents: {"period": "2026-03", "cents": cents, "reason": "x"}, st.integers(-50, 50)
                ),
                max_size=2,
            )
        ),
    )


many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(months(), st.randoms(use_true_random=False))
def test_the_order_of_facts_does_not_matter(month: dict[str, Any], random: Any) -> None:
    shuffled = deepcopy(month)
    for name in ("devices", "incidents", "evidence", "maintenance"):
        random.shuffle(shuffled[name])
    for incident in shuffled["incidents"]:
        random.shuffle(incident["pauses"])
        random.shuffle(incident["excuses"])
    assert compute(shuffled) == compute(month)


@many
@given(months())
def test_sums_are_sums_of_lines_and_no_refund_is_above_the_cap(month: dict[str, Any]) -> None:
    statement: Any = compute(month)
    lines = statement["refunds"]
    assert statement["earned_cents"] == sum(line["earned_cents"] for line in lines)
    assert statement["refund_cents"] == sum(line["payable_cents"] for line in lines)
    assert statement["refund_cents"] == min(statement["earned_cents"], statement["cap_cents"])
    assert all(0 <= line["payable_cents"] <= line["earned_cents"] > 0 for line in lines)
    adjusted = sum(adjustment["cents"] for adjustment in statement["adjustments"])
    assert statement["due_cents"] == statement["fee_cents"] - statement["refund_cents"] - adjusted


@many
@given(months())
def test_the_lines_of_one_promise_stand_once(month: dict[str, Any]) -> None:
    statement: Any = compute(month)
    keys = [line["line"] for line in statement["refunds"]]
    stages = [(row["incident"], row["stage"]) for row in statement["stages"]]
    assert len(set(keys)) == len(keys)
    assert len(set(stages)) == len(stages)


@many
@given(months())
def test_computing_twice_is_computing_once(month: dict[str, Any]) -> None:
    untouched = deepcopy(month)
    assert compute(month) == compute(json.loads(json.dumps(month)))
    assert month == untouched


def forget(month: dict[str, Any]) -> dict[str, Any]:
    """The same facts as they stood at their `as_of`, when nothing later had been written yet."""
    as_of = month["as_of"]

    def known(time: str | None) -> str | None:
        return None if time is None or time > as_of else time

    def past(incident: dict[str, Any]) -> dict[str, Any]:
        times = ("notified_at", "planned_at", "restored_at", "documented_at")
        return {
            **incident,
            **{name: known(incident[name]) for name in times},
            "pauses": [
                {**pause, "to": known(pause["to"])} for pause in incident["pauses"] if pause["from"] <= as_of
            ],
            "excuses": [excuse for excuse in incident["excuses"] if excuse["approved_at"] <= as_of],
        }

    return {
        **month,
        "devices": [
            {**device, "enrolled_at": known(device["enrolled_at"]), "retired_at": known(device["retired_at"])}
            for device in month["devices"]
        ],
        "incidents": [past(incident) for incident in month["incidents"] if incident["started_at"] <= as_of],
        "evidence": [item for item in month["evidence"] if item["at"] <= as_of],
        "maintenance": [window for window in month["maintenance"] if window["announced_at"] <= as_of],
    }


@many
@given(months())
def test_facts_later_than_as_of_change_nothing(month: dict[str, Any]) -> None:
    assert compute(forget(month)) == compute(month)


@many
@given(months())
def test_a_month_of_every_device_is_no_longer_than_the_month(month: dict[str, Any]) -> None:
    statement: Any = compute(month)
    length = parse_instant(statement["ends_at"]) - parse_instant(statement["starts_at"])
    for row in statement["availability"]:
        assert 0 <= row["down_seconds"] <= row["monitored_seconds"]
        assert row["monitored_seconds"] + row["maintenance_seconds"] <= length
        assert (row["availability_bps"] is None) == (row["monitored_seconds"] == 0)


@many
@given(months())
def test_an_excuse_never_earns_the_client_more_nor_hides_a_stage(month: dict[str, Any]) -> None:
    unexcused = deepcopy(month)
    for incident in unexcused["incidents"]:
        incident["excuses"] = []
    with_excuses: Any = compute(month)
    without: Any = compute(unexcused)
    assert with_excuses["earned_cents"] <= without["earned_cents"]
    assert [row["deadline"] for row in with_excuses["stages"]] == [
        row["deadline"] for row in without["stages"]
    ]


@many
@given(months())
def test_every_started_unit_of_lateness_is_owed_in_one_month(month: dict[str, Any]) -> None:
    late = {"every": "1h", "refund": "1.00", "at_most": 30}
    terms = a_contract(outages={"notify": {"within": "15m", "then": late}})
    staying = [{**device, "retired_at": None} for device in month["devices"]]
    month = {**month, "contract": terms, "devices": staying, "as_of": written(LAST)}
    owed, expected = 0, 0
    for period in ("2026-03", "2026-04", "2026-05"):
        statement: Any = compute({**month, "period": period})
        owed += statement["earned_cents"] // 100
        for stage in statement["stages"]:
            if stage["verdict"] == "broken":
                full_hours, rest = divmod(stage["late_seconds"], 3_600)
                unfinished = (
                    stage["done_at"] is None or rest > 0
                )  # the unit that begins when it is done is none
                expected += min(30, full_hours + unfinished)
    assert owed == expected


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [place for key in keys for place in [(*path, key), *places(value[key], (*path, key))]]


def put(value: Any, path: tuple[Any, ...], new: object) -> Any:
    """A copy with another value at the path."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


odd_texts = st.sampled_from(
    ["1970-01-01T00:00:00Z", "9900-12-31T23:59:59Z", "9900-12-31", "3650d", "9900-11", "*"]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | odd_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@settings(many, max_examples=300)
@given(months(), anything, st.data())
def test_whatever_stands_in_the_facts_they_are_computed_or_refused(
    month: dict[str, Any], value: object, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(places(month)))
    with suppress(FactsError):
        json.dumps(compute(put(month, path, value)), allow_nan=False)


@pytest.mark.parametrize("name", ["incidents", "evidence", "maintenance", "adjustments", "devices"])
def test_an_empty_list_is_the_same_as_none(name: str) -> None:
    month = a_month()
    month[name] = []
    without = {key: value for key, value in month.items() if key != name}
    assert compute(without) == compute(month)
