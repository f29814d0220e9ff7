"""The stories whose last chapter is struck: together they call every handler in every kind of situation."""

from __future__ import annotations

from crash_points.scenes import (
    ADVANCE,
    ANNOUNCEMENTS,
    BACK,
    CANARY,
    CLOSE,
    CORRECTED,
    DEAF,
    DELIVERIES,
    DESK_PAGES,
    EVENING,
    HEARD,
    HEARTBEAT,
    HELD,
    ISSUE,
    ISSUED,
    JOB_END,
    LEFT,
    MOMENT,
    NOBODY_REACHED,
    ONE_BOUNCED,
    OPENED,
    OPENING,
    PLAN_TIME,
    PLANNED,
    PRACTICES,
    REPORTED,
    RETURN,
    RUN,
    STABLE,
    SWEEP,
    TOLD,
    WARNED,
    Story,
    a_month_is_over,
    a_site,
    among_neighbours,
    an_evening_without_backups,
    announce_on_the_desk,
    announced,
    announced_and_cancelled,
    beats,
    call,
    end_job,
    enrolled,
    fail,
    fed,
    logs_to_review,
    loops_are_used_up,
    observe,
    others_are_heard,
    others_are_not_due,
    plan,
    repair,
    report_everything,
    reports,
    review,
    rotated,
    silent,
    silent_with_a_ladder,
    start_job,
    the_last_month_leaves_a_credit,
    timers_are_lost,
    two_clients_are_silent,
)
from crash_points.stories_matters import MATTERS
from support.cast import DESK, HOUR, MINUTE, OWNER, START
from support.world import World

STORIES: dict[str, Story] = {
    "the first beat": Story(HEARTBEAT, [(START, enrolled)], (START, World.beat)),
    "a beat like any other": Story(HEARTBEAT, [(START, silent)], (START + MINUTE, World.beat)),
    "the first beat with a new token": Story(
        HEARTBEAT, [(START, rotated)], (START + MINUTE, lambda world: world.beat(secret=2))
    ),
    "a beat that reports neighbours and evidence": Story(
        HEARTBEAT, [(START, among_neighbours)], (BACK, report_everything)
    ),
    "a beat that reports what a person must look at": Story(
        HEARTBEAT, [(START, logs_to_review)], (START + MINUTE, observe)
    ),
    "a beat after an outage no sweep saw": Story(HEARTBEAT, [(START, silent)], (BACK, World.beat)),
    "the device returns": Story(HEARTBEAT, WARNED, (BACK, World.beat)),
    "the device relapses": Story(HEARTBEAT, RETURN, (BACK + HOUR, World.beat)),
    "a stable run ends before a new gap": Story(HEARTBEAT, RUN, (STABLE + 40 * MINUTE, World.beat)),
    "a neighbour returns with its agent": Story(
        HEARTBEAT, [(START, a_site)], (BACK, lambda world: world.beat(seen=["router"]))
    ),
    "a neighbour returns after its agent": Story(
        HEARTBEAT,
        [(START, a_site), (BACK, World.beat)],
        (BACK + MINUTE, lambda world: world.beat(seen=["router"])),
    ),
    "a device reports a failure": Story(HEARTBEAT, [(START, silent)], (START + MINUTE, fail(START + MINUTE))),
    "the first ping is a failure": Story(HEARTBEAT, [(START, enrolled)], (START, fail(START))),
    "a failure breaks the run": Story(HEARTBEAT, RETURN, (BACK + MINUTE, fail(BACK + MINUTE))),
    "a stable run ends before a failure": Story(HEARTBEAT, RUN, (STABLE + MINUTE, fail(STABLE + MINUTE))),
    "a job starts": Story(HEARTBEAT, [(START, fed)], (START, start_job)),
    "a job ends": Story(HEARTBEAT, [(START, fed), (START, start_job)], (JOB_END, end_job)),
    "the sweep fails a job that never ended": Story(
        SWEEP, [(START, fed), (START, start_job)], (START + HOUR + 10, World.sweep)
    ),
    "the canary's first beat": Story(CANARY, [(START, enrolled)], (START, World.canary)),
    "the canary is heard again": Story(
        CANARY, [(START, enrolled), (START, World.canary)], (START + 10 * MINUTE, World.canary)
    ),
    "a beat while nobody is known to be heard": Story(HEARTBEAT, DEAF, (START + 10 * MINUTE, World.beat)),
    "the sweep stands in for a broken canary": Story(
        SWEEP, [*DEAF, (START + 4 * MINUTE, others_are_heard)], (START + 4 * MINUTE, World.sweep)
    ),
    "the sweep proves by itself that we hear": Story(SWEEP, HEARD, (OPENED, World.sweep), hears=True),
    "a beat while a mass silence is held back": Story(HEARTBEAT, HELD, (OPENED + MINUTE, World.beat)),
    "the sweep opens": Story(SWEEP, OPENING[:-1], (OPENED, World.sweep)),
    "the sweep opens for two clients": Story(
        SWEEP, [(START, two_clients_are_silent), (START, others_are_not_due)], (OPENED, World.sweep)
    ),
    "the sweep opens for a site": Story(SWEEP, [(START, a_site)], (OPENED, World.sweep)),
    "the sweep arms a timer that was lost": Story(
        SWEEP, [*OPENING, (OPENED, timers_are_lost)], (OPENED + 3 * MINUTE, World.sweep)
    ),
    "the first step tells everybody": Story(ADVANCE, OPENING, (OPENED, World.wake)),
    "the first step tells of a site": Story(
        ADVANCE, [(START, a_site), (OPENED, World.sweep)], (OPENED, World.wake)
    ),
    "it comes and goes": Story(
        ADVANCE,
        [
            *TOLD,
            (PLAN_TIME, World.beat),
            (START + 30 * MINUTE, World.beat),
            (START + 45 * MINUTE, World.beat),
        ],
        (START + 45 * MINUTE, World.wake),
    ),
    "half of the plan's time is over": Story(ADVANCE, TOLD, (START + 30 * MINUTE, World.wake)),
    "the next level's turn has come": Story(
        ADVANCE,
        [(START, silent_with_a_ladder), (OPENED, World.sweep), (OPENED, World.wake)],
        (START + 30 * MINUTE, World.wake),
    ),
    "the plan's limit has passed": Story(ADVANCE, TOLD, (START + HOUR + 3, World.wake)),
    "the device is restored by its timer": Story(ADVANCE, RUN, (STABLE, World.wake)),
    "the device came back by itself": Story(
        ADVANCE, [*TOLD, *beats(20, 30)], (START + 30 * MINUTE, World.wake)
    ),
    "the last step closes": Story(
        ADVANCE,
        [*PLANNED, (PLAN_TIME + MINUTE, repair), *RUN[len(WARNED) :]],
        (STABLE, World.wake),
    ),
    "the timer hands over": Story(
        ADVANCE, [*TOLD, (OPENED, loops_are_used_up)], (START + 30 * MINUTE, World.wake)
    ),
    "technicians are asked to call": Story(ADVANCE, NOBODY_REACHED[:-1], (REPORTED, World.wake)),
    "a contact complains": Story(
        DELIVERIES, [*TOLD, (REPORTED, reports(("Complaint", OWNER)))], (REPORTED, World.deliver)
    ),
    "a notice is delivered": Story(
        DELIVERIES, [*TOLD, (REPORTED, reports(("Delivery", OWNER)))], (REPORTED, World.deliver)
    ),
    "the last notice bounces": Story(
        DELIVERIES, [*ONE_BOUNCED, (REPORTED, reports(("Bounce", OWNER)))], (REPORTED, World.deliver)
    ),
    "the last notice is rejected": Story(
        DELIVERIES, [*ONE_BOUNCED, (REPORTED, reports(("Reject", OWNER)))], (REPORTED, World.deliver)
    ),
    "one notice bounces, another is delivered": Story(
        DELIVERIES,
        [*TOLD, (REPORTED, reports(("Bounce", OWNER), ("Delivery", DESK)))],
        (REPORTED, World.deliver),
    ),
    "a technician takes the incident": Story(
        DESK_PAGES, TOLD, (PLAN_TIME, lambda world: world.post("acknowledge"))
    ),
    "the plan is sent": Story(DESK_PAGES, TOLD, (PLAN_TIME, plan)),
    "the repair is documented": Story(
        DESK_PAGES,
        [*PLANNED, *RUN[len(WARNED) :], (STABLE, World.wake)],
        (STABLE + MINUTE, repair),
    ),
    "a client whom no mail reached is called": Story(DESK_PAGES, NOBODY_REACHED, (PLAN_TIME, call)),
    "a technician looks at the incident": Story(DESK_PAGES, TOLD, (PLAN_TIME, World.visit), reads=True),
    "a technician looks at all incidents": Story(
        DESK_PAGES,
        [(START, two_clients_are_silent), (OPENED, World.sweep), (OPENED, World.wake)],
        (PLAN_TIME, lambda world: world.visit("home")),
        reads=True,
    ),
    "a technician looks at the practices": Story(
        DESK_PAGES,
        [(START, logs_to_review), (START + MINUTE, observe)],
        (PLAN_TIME, lambda world: world.visit("practices")),
        reads=True,
    ),
    "a review is signed": Story(
        DESK_PAGES, [(START, logs_to_review), (START + MINUTE, observe)], (PLAN_TIME, review)
    ),
    "maintenance is announced on the desk": Story(
        DESK_PAGES, [(START, silent)], (START + MINUTE, announce_on_the_desk)
    ),
    "a client is told of maintenance": Story(
        ANNOUNCEMENTS, [(START, announced)], (START + MINUTE, World.tell_announced)
    ),
    "a client is told that maintenance is off": Story(
        ANNOUNCEMENTS, [(START, announced_and_cancelled)], (START + 2 * MINUTE, World.tell_announced)
    ),
    "a day is about to be missed": Story(
        PRACTICES, [(EVENING, an_evening_without_backups)], (EVENING, World.check_practices)
    ),
    "a statement is asked for": Story(CLOSE, [(MOMENT, a_month_is_over)], (MOMENT, World.close)),
    "a correction is asked for": Story(CLOSE, ISSUED, (CORRECTED, World.close)),
    "an issued month is corrected": Story(
        ISSUE, [*ISSUED, (CORRECTED, World.close)], (CORRECTED, World.issue)
    ),
    "the last month of a client who left is corrected": Story(
        ISSUE, [*LEFT, (CORRECTED, World.close)], (CORRECTED, World.issue)
    ),
    "a statement is not out by its hour": Story(
        PRACTICES, [(MOMENT, a_month_is_over)], (MOMENT + HOUR, World.check_practices)
    ),
    "a statement is issued": Story(
        ISSUE,
        [(MOMENT, a_month_is_over), (MOMENT, World.close)],
        (MOMENT, World.issue),
    ),
    "the last statement ends with a credit": Story(
        ISSUE,
        [(MOMENT, the_last_month_leaves_a_credit), (MOMENT, World.close)],
        (MOMENT, World.issue),
    ),
    **MATTERS,
}
