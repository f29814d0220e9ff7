"""A client who has left: silence is no outage any more, what was promised before the end stays promised."""

from __future__ import annotations

import pytest
from support.cast import GRACE, HOUR, START, a_contract, a_token, an_up_device, sign_up
from support.deployment import Deployment
from support.pinging import ping

import heartbeat
import sweep
from makegood.rules.contracts import parse_contract
from makegood.rules.covering import uncovered
from makegood.rules.instants import FOREVER, parse_instant
from makegood.rules.silence import OVERTAKE_SECONDS
from makegood.storage.changes import Operator
from makegood.storage.devices import RETIRED, find_device
from makegood.storage.enrolment import retire
from makegood.storage.incidents import open_incidents
from makegood.storage.records import ContractVersion
from makegood_simulator.events import Context, api_request, schedule_event

# START is midnight of 12 March in New York; the contract's last day is the 12th.
END = START + 24 * HOUR
CLIENT = "acme-dental"


@pytest.fixture(autouse=True)
def _leaving(deployment: Deployment) -> None:
    sign_up(a_contract(effective_until="2026-03-13"))


def run_sweep(deployment: Deployment, at: int) -> None:
    deployment.now = at
    sweep.handler(schedule_event(), Context())


def started() -> dict[str, int]:
    return {incident.device: incident.started_at for incident in open_incidents()}


@pytest.mark.parametrize(
    ("last_seen", "opens"),
    [(END - GRACE - 1, True), (END - GRACE, False), (END + HOUR, False)],
)
def test_only_what_was_overdue_before_the_end_is_an_outage(
    deployment: Deployment, last_seen: int, opens: bool
) -> None:
    an_up_device("modem", last_seen)
    run_sweep(deployment, END + 2 * HOUR)
    assert started() == ({"modem": last_seen} if opens else {})


def test_a_beat_a_failure_and_a_retirement_after_the_end_open_nothing(deployment: Deployment) -> None:
    for device in ("modem", "srv", "nas"):
        an_up_device(device, END)
    deployment.now = at = END + HOUR
    headers = {"Authorization": f"Bearer {a_token('modem')}"}
    beat = api_request("POST", "/v1/heartbeat", at=at, headers=headers)
    assert heartbeat.handler(beat, Context())["statusCode"] == 200
    ping("srv", at=at)
    ping("srv", "/fail", at=at + 60)
    retire(CLIENT, "nas", Operator("tess", at))
    assert started() == {}
    rows = {name: find_device(CLIENT, name) for name in ("modem", "srv", "nas")}
    seen = {name: (row.state, row.last_seen) for name, row in rows.items() if row is not None}
    assert seen == {"modem": ("up", at), "srv": ("up", at + 60), "nas": (RETIRED, END)}


def test_who_comes_back_is_watched_from_the_first_day_of_the_new_contract(deployment: Deployment) -> None:
    terms = a_contract(effective_from="2026-05-01")
    version = ContractVersion(CLIENT, "contract#2026-05-01", terms=terms, applied_at=END, applied_by="tess")
    version.save()
    an_up_device("modem", END)
    begins = parse_instant("2026-05-01T04:00:00Z")
    run_sweep(deployment, begins + GRACE + OVERTAKE_SECONDS)
    assert started() == {}
    run_sweep(deployment, begins + GRACE + OVERTAKE_SECONDS + 1)
    assert started() == {"modem": begins}


def test_versions_leave_gaps_only_where_one_ends_before_the_next() -> None:
    def gaps(*versions: tuple[str, str | None]) -> tuple[tuple[int, int], ...]:
        contracts = [a_contract(effective_from=begins, effective_until=ends) for begins, ends in versions]
        return uncovered([parse_contract(contract) for contract in contracts])

    april, june = parse_instant("2026-04-01T04:00:00Z"), parse_instant("2026-06-01T04:00:00Z")
    assert gaps(("2026-01-01", None)) == ()
    assert gaps(("2026-01-01", "2026-04-01")) == ((april, FOREVER),)
    assert gaps(("2026-01-01", "2026-04-01"), ("2026-04-01", None)) == ()
    assert gaps(("2026-01-01", "2026-07-01"), ("2026-04-01", "2026-06-01")) == ((june, FOREVER),)
    assert gaps(("2026-01-01", "2026-04-01"), ("2026-06-01", None)) == ((april, june),)
