"""What happened, as others can listen to it: every kind of event, what it carries, whether it is urgent.

An event is told at least once; telling it twice tells the same `id` twice. docs/events.md is for those who
listen, and tested against this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from makegood.rules.instants import Instant, format_instant
from makegood.rules.terms import STAGES

VERSION: Final = 1
"""Raised when a field changes its meaning or goes away; new fields and new kinds raise nothing."""

SOURCE: Final = "makegood"

Json = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of event: what it means, and the JSON Schema of each field of its `data`.

    `about` is `incident`, `client` or `provider`: what such an event always names. An urgent one also goes to
    the topic of urgent events.
    """

    about: str
    means: str
    data: Mapping[str, Json] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    urgent: bool = False


TEXT: Final[Json] = {"type": "string"}
INSTANT: Final[Json] = {"type": "string", "format": "date-time"}
WHOLE: Final[Json] = {"type": "integer", "minimum": 0}
STAGE: Final[Json] = {"enum": list(STAGES)}
NAMES: Final[Json] = {"type": "array", "items": {"type": "string"}}

_MAINTENANCE: Final[dict[str, Json]] = {
    "maintenance": TEXT,
    "devices": NAMES,
    "from": INSTANT,
    "to": INSTANT,
    "weekly": {"type": "boolean"},
    "by": TEXT,
}

KINDS: Final[dict[str, Kind]] = {
    "incident.opened": Kind("incident", "A device fell silent or reported a failure.", urgent=True),
    "incident.failed": Kind(
        "incident", "The device itself reported a failure.", {"said": TEXT}, optional=("said",)
    ),
    "incident.back": Kind("incident", "The device answers again; it is not stable yet."),
    "incident.flapping": Kind("incident", "The device came back for the third time within an hour."),
    "incident.restored": Kind("incident", "The device stayed up: the outage is over since `at`."),
    "incident.taken": Kind("incident", "A technician said: I have it.", {"by": TEXT}),
    "incident.planned": Kind("incident", "A technician sent the plan.", {"by": TEXT}),
    "incident.documented": Kind(
        "incident", "The repair is documented, or the device came back by itself.", {"by": TEXT}
    ),
    "incident.closed": Kind("incident", "Everything is done and everybody was told."),
    "client.called": Kind(
        "incident",
        "A technician told the client by telephone.",
        {"by": TEXT, "said": TEXT},
        optional=("said",),
    ),
    "level.alerted": Kind(
        "incident",
        "A level of the ladder is reached: the outage has lasted so long and nobody had taken it.",
        {"level": WHOLE, "to": NAMES},
    ),
    "stage.warned": Kind(
        "incident",
        "A share of a stage's time is over and the stage is not done.",
        {"stage": STAGE, "share": {"type": "integer", "minimum": 1, "maximum": 99}, "deadline": INSTANT},
        urgent=True,
    ),
    "stage.broken": Kind(
        "incident",
        "A stage's limit passed and the stage was not done in time.",
        {"stage": STAGE, "deadline": INSTANT},
        urgent=True,
    ),
    "stage.kept": Kind("incident", "A stage was done in time.", {"stage": STAGE, "deadline": INSTANT}),
    "pause.started": Kind("incident", "The clocks of plan and repair wait for the client.", {"by": TEXT}),
    "pause.ended": Kind("incident", "They run again.", {"by": TEXT}),
    "excuse.asked": Kind("incident", "A stage is asked to be excused.", {"stage": STAGE, "by": TEXT}),
    "excuse.refused": Kind("incident", "An excuse was refused.", {"stage": STAGE, "by": TEXT}),
    "excuse.revoked": Kind("incident", "An excuse was taken back.", {"stage": STAGE, "by": TEXT}),
    "dispute.opened": Kind("incident", "The client disagrees.", {"by": TEXT, "said": TEXT}),
    "dispute.upheld": Kind("incident", "The client was right to disagree.", {"by": TEXT, "said": TEXT}),
    "dispute.rejected": Kind("incident", "A disagreement was answered.", {"by": TEXT, "said": TEXT}),
    "excuse.granted": Kind("incident", "A missed stage earns no refund.", {"stage": STAGE, "by": TEXT}),
    "maintenance.announced": Kind("client", "Maintenance is announced.", _MAINTENANCE),
    "maintenance.cancelled": Kind("client", "Maintenance that had not begun is cancelled.", _MAINTENANCE),
    "practice.missed": Kind(
        "client",
        "A day is over without a practice done on these devices.",
        {"practice": TEXT, "day": {"type": "string", "format": "date"}, "devices": NAMES},
    ),
    "statement.issued": Kind(
        "client",
        "The statement of a month is issued.",
        {
            "period": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
            "refund_cents": {"type": "integer"},
            "due_cents": {"type": "integer"},
            "currency": TEXT,
            "healthy": {"type": "boolean"},
        },
    ),
}

TIMELINE: Final[dict[str, str]] = {
    "opened": "incident.opened",
    "failed": "incident.failed",
    "back": "incident.back",
    "flapping": "incident.flapping",
    "restored": "incident.restored",
    "called": "client.called",
    "acknowledged": "incident.taken",
    "planned": "incident.planned",
    "documented": "incident.documented",
    "closed": "incident.closed",
    "paused": "pause.started",
    "resumed": "pause.ended",
    "answered": "pause.ended",
    "pause-over": "pause.ended",
    "disputed": "dispute.opened",
    "dispute-upheld": "dispute.upheld",
    "dispute-rejected": "dispute.rejected",
    **{f"{stage}-excuse-asked": "excuse.asked" for stage in STAGES},
    **{f"{stage}-excuse-refused": "excuse.refused" for stage in STAGES},
    **{f"{stage}-excuse-revoked": "excuse.revoked" for stage in STAGES},
    **{f"{stage}-excused": "excuse.granted" for stage in STAGES},
    **{f"{stage}-warned": "stage.warned" for stage in STAGES},
    **{f"{stage}-broken": "stage.broken" for stage in STAGES},
    **{f"{stage}-kept": "stage.kept" for stage in STAGES},
    "alerted": "level.alerted",
}
"""The entries of an incident's timeline that are events, by their `what` without a number at its end."""

_NUMBER: Final = re.compile(r"-[0-9]+$")


@dataclass(frozen=True)
class Event:
    """Something that happened: `name` tells it from all others of its kind, for ever."""

    kind: str
    client: str
    name: str
    at: Instant
    incident: str = ""
    data: Json = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The same for the same event, however often it is told."""
        return "/".join(part for part in (self.client, self.incident, self.kind, self.name) if part)

    def detail(self) -> Json:
        """What listeners get."""
        about = {"client": self.client, "incident": self.incident, "device": self.incident.rpartition("-")[0]}
        return {
            "version": VERSION,
            "id": self.id,
            "at": format_instant(self.at),
            "urgent": KINDS[self.kind].urgent,
            **{key: value for key, value in about.items() if value},
            "data": self.data,
        }


def kind_of_entry(what: str) -> str | None:
    """The kind of event that a timeline's entry is; None when nobody else is told of it.

    A number at the end tells an entry from others of its kind: `plan-warned-50`.
    """
    return TIMELINE.get(_NUMBER.sub("", what))


def data_of_entry(kind: str, what: str, known: Mapping[str, Any]) -> Json:
    """What the event of a timeline's entry carries, of what is known of the entry."""
    everything = {"stage": what.partition("-")[0], **known}
    return {key: everything[key] for key in KINDS[kind].data if everything.get(key) is not None}


def detail_schema(kind: str) -> Json:
    """The JSON Schema of an event's detail."""
    of = KINDS[kind]
    about = {"incident": ("client", "incident", "device"), "client": ("client",), "provider": ()}[of.about]
    return {
        "type": "object",
        "required": ["version", "id", "at", "urgent", *about, "data"],
        "properties": {
            "version": {"const": VERSION},
            "id": TEXT,
            "at": INSTANT,
            "urgent": {"const": of.urgent},
            **dict.fromkeys(about, TEXT),
            "data": {
                "type": "object",
                "required": [key for key in of.data if key not in of.optional],
                "properties": dict(of.data),
            },
        },
    }
