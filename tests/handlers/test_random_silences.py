"""Random heartbeats, lost sweeps, late timers: the outages are those of the heartbeats.

SEEDS_FROM and SEEDS_TO in the environment play other seeds than the few that always run.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from support.cast import HOUR, MINUTE, START, a_contract, a_token, an_up_device, sign_up
from support.deployment import Deployment, a_deployment

import advance
import heartbeat
import sweep
from makegood.rules.instants import format_instant
from makegood.storage.incidents import open_incidents
from makegood.storage.records import Incident, Record
from makegood_simulator.events import Context, api_request, schedule_event

GRACE = 180
STABLE = 600
SEEDS = range(int(os.environ.get("SEEDS_FROM", "0")), int(os.environ.get("SEEDS_TO", "4")))


@dataclass(frozen=True)
class Outage:
    started_at: int
    restored_at: int | None


def heard(chance: random.Random) -> list[int]:
    """When the device is heard: regular beats with silences of every awkward length between them."""
    beats, at = [START], START
    while at < START + 4 * HOUR:
        silence = chance.choice([0, 0, 0, GRACE - 60, GRACE - 59, GRACE, 20 * MINUTE, 40 * MINUTE])
        at += 60 + silence + chance.choice([0, 0, 0, 1])
        beats.append(at)
        for _ in range(chance.choice([0, 1, 9, 10, 11, 25])):
            at += 60
            beats.append(at)
    return beats


def read_outages(beats: list[int]) -> list[Outage]:
    """The outages by reading the beats alone: no sweep, no timer, no state."""
    outages: list[Outage] = []
    down_since: int | None = None
    run_since = beats[0]
    for before, at in pairwise(beats):
        if at - before > GRACE:
            if down_since is None:
                down_since = before
            run_since = at
        if down_since is not None and at - run_since >= STABLE:
            outages.append(Outage(down_since, run_since))
            down_since = None
    if down_since is None:
        down_since = beats[-1]
    return [*outages, Outage(down_since, None)]


def found_outages() -> list[Outage]:
    records = Record.query("acme-dental", Record.sk.startswith("incident#"))
    incidents = [record for record in records if isinstance(record, Incident)]
    return sorted(
        (Outage(incident.started_at, incident.restored_at) for incident in incidents),
        key=lambda outage: outage.started_at,
    )


class Platform:
    """Sweeps every minute but for a lost half hour, timers late by up to five minutes."""

    def __init__(self, deployment: Deployment, chance: random.Random) -> None:
        self.deployment = deployment
        self.chance = chance
        self.lost_from = START + chance.randrange(4 * HOUR)
        self.late: dict[tuple[str, int], int] = {}

    def tick(self, now: int) -> None:
        self.deployment.now = now
        if not self.lost_from <= now < self.lost_from + 30 * MINUTE:
            sweep.handler(schedule_event(), Context())
        for incident in list(open_incidents()):
            lateness = self.late.setdefault(
                (incident.incident, incident.timer), self.chance.choice([0, 1, 100, 300])
            )
            if incident.wake_at + lateness <= now:
                self.wake(incident)

    def wake(self, incident: Incident) -> None:
        event = {
            "client": "acme-dental",
            "device": "modem",
            "incident": incident.incident,
            "timer": incident.timer,
            "loops": 0,
            "wake_at": format_instant(incident.wake_at),
        }
        advance.handler(event, Context())


def minutes(beats: list[int]) -> Iterator[tuple[int, bool]]:
    """Every beat and every minute, in order; True for a beat."""
    end = beats[-1] + HOUR
    ticks = [(at, False) for at in range(START + 30, end, MINUTE)]
    return iter(sorted([*((at, True) for at in beats[1:]), *ticks]))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_outages_are_those_of_the_heartbeats(seed: int) -> None:
    chance = random.Random(seed)
    beats = heard(chance)
    with a_deployment() as deployment:
        sign_up(a_contract())
        an_up_device("modem", grace_seconds=GRACE)
        platform = Platform(deployment, chance)
        headers = {"Authorization": f"Bearer {a_token('modem')}"}
        for at, is_beat in minutes(beats):
            if is_beat:
                heartbeat.handler(api_request("POST", "/v1/heartbeat", at=at, headers=headers), Context())
            else:
                platform.tick(at)
        assert found_outages() == read_outages(beats), f"seed {seed}"
        incidents = [r for r in Record.query("acme-dental") if isinstance(r, Incident)]
        assert sum(incident.closed_at is None and incident.restored_at is None for incident in incidents) == 1
