"""What stories are made of: what stands at their beginning, and what people and machines do in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support.cast import ACME, DESK, GRACE, HOUR, MINUTE, OWNER, START, a_token, an_up_device, enroll, sign_up
from support.months import a_contract, a_month, an_incident, at
from support.world import World

from makegood.rules.announcing import Plan
from makegood.rules.instants import parse_instant
from makegood.rules.intervals import Interval
from makegood.rules.mails import BOUNCED, order
from makegood.rules.tokens import token_hash
from makegood.storage.adjusting import dirty
from makegood.storage.changes import Operator
from makegood.storage.devices import FEED
from makegood.storage.mail_events import find_mail, record_event
from makegood.storage.maintenance import announce, cancel, maintenance_of
from makegood.storage.records import Adjustment
from makegood_local.load_facts import store_facts
from makegood_simulator.cloud import timer_machine

HEARTBEAT, SWEEP, ADVANCE = "heartbeat.handler", "sweep.handler", "advance.handler"
DELIVERIES, DESK_PAGES = "deliveries.handler", "desk.handler"
LIVE = "live.handler"
CLOSE, ISSUE = "close.handler", "issue.handler"
PRACTICES = "practices.handler"
CANARY = "canary.handler"
ANNOUNCEMENTS = "announcements.handler"

OPENED = START + GRACE + 10
BACK = START + 45 * MINUTE
STABLE = BACK + 10 * MINUTE
JOB_END = START + 20 * MINUTE
MOMENT = parse_instant("2026-05-03T09:00:00Z")

FROM = "2026-03-20T06:00:00Z"

Chapter = Callable[[World], Any]
Chapters = list[tuple[int, Chapter]]


@dataclass(frozen=True)
class Story:
    """What happened before, and the chapter that is struck: it calls this one handler.

    `reads`: it must not change anything. `hears`: the canary goes on beating afterwards.
    """

    handler: str
    before: Chapters
    last: tuple[int, Callable[[World], bool]]
    reads: bool = False
    hears: bool = False

    def settle(self, world: World) -> None:
        """What the platform does afterwards; an agent that beats goes on beating."""
        if self.handler in (CLOSE, ISSUE):
            world.settle_statements()
        elif self.handler == PRACTICES:
            world.settle_practices()
        elif self.handler == CANARY or self.hears:
            world.canary()  # as every minute
            world.settle(meanwhile=World.canary)
        elif self.handler == HEARTBEAT:
            world.settle(meanwhile=self.last[1])
        else:
            world.settle()


def silent(_world: World) -> None:
    sign_up()
    an_up_device("modem")


def silent_with_a_ladder(_world: World) -> None:
    lead = {"after": "30m", "to": "lead@provider.example"}
    levels = [{"after": "0m", "to": "tess@provider.example"}, lead]
    sign_up({**ACME, "outages": {**ACME["outages"], "warnings": ["50%"], "escalation": levels}})
    an_up_device("modem")


def enrolled(_world: World) -> None:
    sign_up()
    enroll("modem")


def rotated(_world: World) -> None:
    """A new token was made; the modem still has the old one, which is about to expire."""
    sign_up()
    following = token_hash(a_token("modem", secret=2))
    an_up_device("modem", next_token_hash=following, token_expires_at=START + HOUR)


def among_neighbours(_world: World) -> None:
    """The modem may vouch for a router that is overdue and a printer that is new, not for the till."""
    sign_up()
    an_up_device("modem", START + HOUR - MINUTE, practices={"backup"})
    an_up_device("router", via="modem")
    enroll("printer", via="modem", practices={"backup"})
    an_up_device("till", START + HOUR)


def a_site(_world: World) -> None:
    """The modem vouches for a router, and nobody is heard any more."""
    sign_up()
    an_up_device("modem")
    an_up_device("router", via="modem")


def fed(_world: World) -> None:
    """Jobs prove the modem's backup; each has an hour."""
    sign_up()
    an_up_device("modem", practices={"backup"})
    enroll("nightly", state=FEED, feed_practice="backup", feed_device="modem", grace_seconds=HOUR)


def start_job(world: World) -> bool:
    return world.ping("/start", "nightly")


def end_job(world: World) -> bool:
    return world.ping("/0", "nightly", at=JOB_END)


def fail(at: int) -> Callable[[World], bool]:
    """The failure received at that instant, even if it is taken again later."""
    return lambda world: world.ping("/fail", at=at)


def announced(_world: World) -> None:
    """Maintenance is on record, and its mails have not left."""
    sign_up()
    an_up_device("modem")
    starts = parse_instant(FROM)
    plan = Plan(("modem",), Interval(starts, starts + HOUR), "new firmware")
    announce("acme-dental", plan, Operator("tess", START))


def announced_and_cancelled(world: World) -> None:
    """The client was told of maintenance that is taken back."""
    announced(world)
    world.tell_announced()
    (known,) = maintenance_of("acme-dental")
    cancel("acme-dental", known.maintenance, Operator("tess", START + MINUTE))


def announce_on_the_desk(world: World) -> bool:
    times = {"from": "2026-03-20T02:00", "to": "2026-03-20T03:00"}
    return world.announce(devices="modem", reason="new firmware", notice="enough", **times)


def others_are_not_due(_world: World) -> None:
    """So many that three silent ones are no mass silence."""
    for number in range(10):
        an_up_device(f"pc{number}", grace_seconds=24 * HOUR)


def others_are_heard(world: World) -> None:
    """Two devices that beat although the canary does not."""
    for device in ("srv", "till"):
        an_up_device(device, last_seen=world.now - 20, grace_seconds=HOUR)


def two_clients_are_silent(_world: World) -> None:
    for client in (sign_up(), sign_up({**ACME, "client": "harbor-law"})):
        an_up_device("modem", client=client)
    an_up_device("till")


def an_evening_without_backups(_world: World) -> None:
    """Shortly before midnight the modem has brought no backup of the day."""
    sign_up()
    an_up_device("modem", EVENING, practices={"backup"})


def logs_to_review(_world: World) -> None:
    """The modem's agent observed a failed unit, which somebody has to look at."""
    sign_up({**ACME, "practices": {"log_review": {"max_age": "1d"}}})
    an_up_device("modem", practices={"log_review"}, grace_seconds=24 * HOUR)


def observe(world: World, failed_units: int = 1) -> bool:
    logs = {"failed_units": failed_units, "failed_logons": 0, "disk_errors": 0}
    range_of_logs = {"since": "2026-03-11T04:00:00Z", "until": "2026-03-12T04:00:00Z"}
    entry = {"device": "modem", "practice": "log_review", "facts": {**logs, **range_of_logs}}
    return world.beat(evidence=[entry])


def review(world: World) -> bool:
    times = {"since": "2026-03-11T00:00", "until": "2026-03-12T00:00"}
    return world.attest("modem", "log_review", **times, findings="1", remarks="restarted it")


def timers_are_lost(_world: World) -> None:
    timer_machine().executions.clear()


def loops_are_used_up(world: World) -> None:
    for event in world.timers.values():
        event["loops"] = 199


def a_month_is_over(_world: World, **terms: str) -> None:
    """A plan that came half an hour late; two people get the statement."""
    contacts = {"outages": [OWNER], "statements": [OWNER, "books@acme.example"]}
    late = an_incident(planned_at=at("10 09:30"), pauses=[], excuses=[])
    store_facts(a_month(contract=a_contract(contacts=contacts, **terms), incidents=[late]))


def the_last_month_is_over(world: World) -> None:
    """The same, and the client leaves with it."""
    a_month_is_over(world, effective_until="2026-05-01")


def the_last_month_leaves_a_credit(world: World) -> None:
    the_last_month_is_over(world)
    key = "adjustment#2026-04#2026-03#0001"
    Adjustment("acme-dental", key, period="2026-03", cents=300_000, reason="three late bounces").save()


def the_notice_comes_back(world: World) -> None:
    """After its statement: the month has to be reckoned again, in the client's favour."""
    name = an_incident()["incident"]
    mail = find_mail("acme-dental", order(f"incident#{name}", "notice", OWNER).mail)
    assert mail is not None
    record_event(mail, BOUNCED, world.now, dirty("acme-dental", name, "the notice came back", world.now))


def call(world: World) -> bool:
    said = {"reached": "Dana Reyes", "number": "+1 212 555 0100", "at": "2026-03-12T00:10"}
    return world.post("call", **said)


def report_everything(world: World) -> bool:
    evidence = [
        {"device": device, "practice": "backup", "facts": {"ok": True}} for device in ("modem", "printer")
    ]
    return world.beat(seen=["router", "printer", "till"], evidence=evidence)


def plan(world: World) -> bool:
    return world.post("plan", cause="Power supply", steps="Swap it", eta="06:00")


def repair(world: World) -> bool:
    return world.post("repair", cause="Power supply", work="Swapped it")


def reports(*kinds: tuple[str, str]) -> Chapter:
    def report(world: World) -> None:
        for kind, to in kinds:
            world.report(kind, to)

    return report


def beats(first: int, last: int) -> Chapters:
    return [(START + minute * MINUTE, World.beat) for minute in range(first, last + 1)]


EVENING = START + 22 * HOUR
REPORTED = OPENED + MINUTE
PLAN_TIME = START + 20 * MINUTE
OPENING: Chapters = [(START, silent), (OPENED, World.sweep)]
TOLD: Chapters = [*OPENING, (OPENED, World.wake)]
PLANNED: Chapters = [*TOLD, (PLAN_TIME, plan)]
WARNED: Chapters = [*TOLD, (START + 30 * MINUTE, World.wake)]
ONE_BOUNCED: Chapters = [
    *TOLD,
    (REPORTED, reports(("Bounce", DESK))),
    (REPORTED, World.deliver),
    (REPORTED, World.wake),
]
NOBODY_REACHED: Chapters = [
    *ONE_BOUNCED,
    (REPORTED, reports(("Bounce", OWNER))),
    (REPORTED, World.deliver),
    (REPORTED, World.wake),
]
CORRECTED = MOMENT + 24 * HOUR
ISSUED: Chapters = [
    (MOMENT, a_month_is_over),
    (MOMENT, World.close),
    (MOMENT, World.issue),
    (CORRECTED, the_notice_comes_back),
]
LEFT: Chapters = [(MOMENT, the_last_month_is_over), *ISSUED[1:]]
RETURN: Chapters = [*WARNED, (BACK, World.beat)]
RUN: Chapters = [*RETURN, *beats(46, 55)]

DEAF: Chapters = [(START, silent), (START, World.canary)]
HEARD: Chapters = [(START, silent), *((START + minute * MINUTE, World.canary) for minute in range(4))]
HELD: Chapters = [(START, two_clients_are_silent), (OPENED, World.sweep)]
