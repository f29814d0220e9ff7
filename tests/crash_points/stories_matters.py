"""Pauses, excuses and disputes: what technicians do on the desk, what clients do by link, what time does."""

from __future__ import annotations

from crash_points.scenes import (
    ADVANCE,
    DESK_PAGES,
    LIVE,
    PLAN_TIME,
    PLANNED,
    RUN,
    STABLE,
    TOLD,
    WARNED,
    Chapters,
    Story,
    repair,
)
from support.cast import ACME, HOUR, MINUTE, START, TOM, an_up_device, sign_up
from support.world import World

PAUSE = f"pause-{PLAN_TIME}"
EXCUSE = "excuse-plan-1"
LATER = PLAN_TIME + 5 * MINUTE
LATEST = LATER + 5 * MINUTE
DAYS_LATER = STABLE + 24 * HOUR


def silent_with_short_pauses(_world: World) -> None:
    sign_up({**ACME, "outages": {**ACME["outages"], "pause_at_most": "1h"}})
    an_up_device("modem")


def pause(world: World) -> bool:
    return world.post("pause", seen="0", reason="awaiting_access", awaited="The key to the server room.")


def go_on(world: World) -> bool:
    return world.post(f"resume-{PAUSE}")


def answer(world: World) -> bool:
    return world.answer("answer", PAUSE, "answer", text="The key is at the desk.")


def ask(world: World) -> bool:
    plea = {"stage": "plan", "reason": "client_caused", "evidence": "The breaker was switched off."}
    return world.post("excuse", seen="0", ask="client", **plea)


def approve(world: World) -> bool:
    return world.post(f"approve-{EXCUSE}", person=TOM)


def refuse(world: World) -> bool:
    return world.post(f"refuse-{EXCUSE}", person=TOM, because="It was our breaker.")


def revoke(world: World) -> bool:
    return world.post(f"revoke-{EXCUSE}", because="It was our breaker.")


def agree(world: World) -> bool:
    return world.answer("excuse", EXCUSE, "agree")


def decline(world: World) -> bool:
    return world.answer("excuse", EXCUSE, "refuse", because="Nobody of us touched it.")


def disagree(world: World) -> bool:
    return world.answer("disagree", PAUSE, "disagree", text="You had the key all along.")


def disagree_with_all(world: World) -> bool:
    return world.answer("disagree", "incident", "disagree", about="incident", text="It was down for longer.")


def uphold(world: World) -> bool:
    return world.post("decide-dispute-1", upheld="yes", because="The key was in our van.")


def reject(world: World) -> bool:
    return world.post("decide-dispute-1", upheld="no", because="The log says otherwise.")


PAUSED: Chapters = [*TOLD, (PLAN_TIME, pause)]
ASKED: Chapters = [*TOLD, (PLAN_TIME, ask)]
APPROVED: Chapters = [*ASKED, (LATER, approve)]
DISPUTED: Chapters = [*PAUSED, (LATER, disagree), (LATER, World.wake)]
CLOSED: Chapters = [
    *PLANNED,
    (PLAN_TIME + MINUTE, repair),
    *RUN[len(WARNED) :],
    (STABLE, World.wake),
]
DISPUTED_LATE: Chapters = [*CLOSED, (DAYS_LATER, disagree_with_all), (DAYS_LATER, World.wake)]

MATTERS: dict[str, Story] = {
    "the clocks wait for the client": Story(DESK_PAGES, TOLD, (PLAN_TIME, pause)),
    "a technician goes on": Story(DESK_PAGES, PAUSED, (LATER, go_on)),
    "the client answers": Story(LIVE, PAUSED, (LATER, answer)),
    "everybody is told of an answer": Story(ADVANCE, [*PAUSED, (LATER, answer)], (LATER, World.wake)),
    "a pause has lasted long enough": Story(
        ADVANCE,
        [(START, silent_with_short_pauses), *PAUSED[1:]],
        (PLAN_TIME + HOUR, World.wake),
    ),
    "an excuse is asked for": Story(DESK_PAGES, TOLD, (PLAN_TIME, ask)),
    "a colleague approves an excuse": Story(DESK_PAGES, ASKED, (LATER, approve)),
    "a colleague refuses an excuse": Story(DESK_PAGES, ASKED, (LATER, refuse)),
    "an excuse is taken back": Story(DESK_PAGES, APPROVED, (LATEST, revoke)),
    "the client agrees to an excuse": Story(LIVE, ASKED, (LATER, agree)),
    "the client does not agree to an excuse": Story(LIVE, ASKED, (LATER, decline)),
    "everybody is told of an excuse": Story(ADVANCE, [*ASKED, (LATER, agree)], (LATER, World.wake)),
    "the client looks at what is asked": Story(
        LIVE, PAUSED, (LATER, lambda world: world.look("answer", PAUSE)), reads=True
    ),
    "the client disagrees": Story(LIVE, PAUSED, (LATER, disagree)),
    "a dispute is upheld": Story(DESK_PAGES, DISPUTED, (LATEST, uphold)),
    "a dispute is rejected": Story(DESK_PAGES, DISPUTED, (LATEST, reject)),
    "the client disagrees when all is over": Story(LIVE, CLOSED, (DAYS_LATER, disagree_with_all)),
    "technicians are told of a late dispute": Story(
        ADVANCE, [*CLOSED, (DAYS_LATER, disagree_with_all)], (DAYS_LATER, World.wake)
    ),
    "a late dispute is decided": Story(DESK_PAGES, DISPUTED_LATE, (DAYS_LATER + HOUR, reject)),
    "nobody decides a dispute for a day": Story(ADVANCE, DISPUTED_LATE, (DAYS_LATER + 24 * HOUR, World.wake)),
}
