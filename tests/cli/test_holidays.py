"""Business hours and holidays of a contract file: looked up once, shown, and then kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import holidays
import pytest
import yaml
from cli.conftest import Makegood
from support.cast import a_contract

from makegood.rules.contracts import ContractError
from makegood.rules.instants import parse_instant
from makegood.storage.contracts import versions_of
from makegood_cli.holiday_dates import with_dates

HOURS = {"mon-fri": "08:00-18:00", "sat": ["09:00-12:00", "13:00-15:00"]}


@pytest.fixture(autouse=True)
def january(makegood: Makegood) -> None:
    makegood.deployment.now = parse_instant("2026-01-15T12:00:00Z")


def in_hours(name: object = "US-NY", **changes: Any) -> dict[str, Any]:
    written = a_contract(**changes)
    return {**written, "outages": {**written["outages"], "hours": HOURS, "holidays": name}}


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(contract: dict[str, Any]) -> Path:
        path = tmp_path / "acme.yaml"
        path.write_text(yaml.safe_dump(contract))
        return path

    return write


def dates_of(written: dict[str, Any]) -> list[str]:
    dates: list[str] = written["outages"]["holidays"]["dates"]
    return dates


def test_a_calendar_becomes_the_dates_of_ten_years() -> None:
    dates = dates_of(with_dates(in_hours("US", effective_from="2026-01-15")))
    # 1 January is before the version begins; Independence Day is a Saturday, so the Friday before is off too.
    assert dates[:5] == ["2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03"]
    assert dates[-1] == "2036-01-01"
    assert dates == sorted(set(dates))


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    assert "2026-02-12" in dates_of(with_dates(in_hours("US-NY")))  # Lincoln's Birthday
    assert "2026-02-12" not in dates_of(with_dates(in_hours("US")))
    assert "2026-10-31" in dates_of(with_dates(in_hours("DE-HH")))  # Reformation Day, not in all of Germany


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("UA-NY", "; the parts of UA are none"),
        ("USA-XX", "; the parts of USA are"),
        ("XX", "got 'XX'"),
        ("US-QQ", "; the parts of US are AK, AL,"),
        ("us-ny", "got 'us-ny'"),
    ],
)
def test_a_calendar_that_nobody_knows_is_refused_with_what_is_known(name: str, hint: str) -> None:
    with pytest.raises(ContractError) as refused:
        with_dates(in_hours(name))
    assert str(refused.value).startswith(
        "outages.holidays: must be a country, or a part of one, such as US or US-NY"
    )
    assert hint in str(refused.value)


def test_beside_an_unknown_calendar_all_else_that_is_wrong_is_named() -> None:
    with pytest.raises(ContractError) as refused:
        with_dates({**in_hours("XX"), "currency": "dollars"})
    assert [problem.path for problem in refused.value.problems] == ["currency", "outages.holidays"]


@pytest.mark.parametrize(
    "written", [None, [], {"outages": None}, {"outages": {"holidays": None}}, a_contract()]
)
def test_what_names_no_calendar_stays_as_it_is(written: Any) -> None:
    assert with_dates(written) == written


def test_dates_of_ones_own_stay_as_they_are() -> None:
    ours = {"calendar": "ours", "dates": ["2026-12-24"]}
    assert with_dates(in_hours(ours))["outages"]["holidays"] == ours


def test_applying_says_which_hours_and_days_count(makegood: Makegood, file: Any) -> None:
    said = makegood.says("client", "apply", file(in_hours()))
    week = "Mon to Fri 08:00-18:00, Sat 09:00-12:00 and 13:00-15:00 (America/New_York)"
    assert f"Plan and repair are counted in business hours only: {week}.\n" in said
    assert " holidays (US-NY) do not count; later ones are not known:\n" in said
    assert "\n  2026: 1 Jan, 19 Jan, 12 Feb, 15 Feb, 16 Feb, 25 May, 19 Jun, 3 Jul, 4 Jul, 7 Sep, " in said
    assert "\n  2035: " in said
    assert "2036" not in said


def test_hours_without_holidays_are_said_to_have_none(makegood: Makegood, file: Any) -> None:
    said = makegood.says("client", "apply", file(in_hours(None)))
    assert "No day is a holiday.\n" in said


def test_the_dates_are_stored_with_the_contract(makegood: Makegood, file: Any) -> None:
    makegood.run("client", "apply", file(in_hours()))
    (version,) = versions_of("acme-dental")
    assert version.written["outages"]["holidays"]["calendar"] == "US-NY"
    assert "2026-11-26" in dates_of(version.written)


def test_a_version_keeps_its_dates_when_the_calendar_changes(
    makegood: Makegood, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    makegood.run("client", "apply", file(in_hours()))
    before = dates_of(versions_of("acme-dental")[0].written)
    monkeypatch.setattr(holidays, "country_holidays", lambda *_, **__: {})
    assert makegood.says("client", "apply", file(in_hours())).startswith("Nothing changed.\n")
    said = makegood.says("client", "apply", file(in_hours(name="US-NY") | {"name": "Acme"}))
    assert said.startswith("Updated the version; no promise changed.\n")
    assert dates_of(versions_of("acme-dental")[0].written) == before


def test_an_unknown_calendar_is_refused_by_the_file_it_stands_in(makegood: Makegood, file: Any) -> None:
    path = file(in_hours("US-NX"))
    said = makegood.refuses("client", "apply", path)
    assert f"{path} is refused:\nline 14: outages.holidays: must be a country" in said
