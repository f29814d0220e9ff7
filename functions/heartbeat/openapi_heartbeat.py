"""Describes `POST /v1/heartbeat`: its body by the limits that `body` reads by, its answers by `answers`."""

from __future__ import annotations

from answers import bad_body, heartbeat_answer, too_large, unauthorized, unavailable
from body import MAX_BEATS, MAX_BODY_BYTES, MAX_EVIDENCE, MAX_OFFLINE, MAX_SEEN
from makegood.rules.instants import FIRST_YEAR, LAST_YEAR
from makegood.rules.names import DEVICE
from makegood.rules.practice_facts import FACTS, INSTANT, SIGNATURE, Fact
from openapi_parts import Json, closed, described, or_by_gateway, or_gateway, ref, whole

_NOW = 1_772_323_200  # 2026-03-01T00:00:00Z, for examples
_REFUSED = ["nas", "srv/backup"]
_ERROR = {"field": "evidence[0].facts.bytes", "message": "must be a whole number from 0 to 9, got -1"}

_OPERATION_SAYS = """\
The device of the token is alive; the body, which may be empty, says what else its agent knows. A body that is
refused does not undo the heartbeat. Everything is dated by its arrival. The body is read as JSON whatever
`Content-Type` says."""

_BODY_SAYS = f"""\
At most {MAX_BODY_BYTES} bytes. All of it is kept or, when anything in it is not valid, nothing."""

_EVIDENCE_SAYS = """\
What a collector found out, one entry for each device and practice. It counts for the local day on which it
arrives; of several, the newest. `null` stands for what could not be determined and shows nothing."""

_OFFLINE_SAYS = """\
When the agent lived and could deliver nothing, by its own clock; `to` is not earlier than `from`. For people
to read: no verdict counts it."""

_INSTANT_SAYS = f"UTC, whole seconds and `Z`, of the years {FIRST_YEAR} to {LAST_YEAR}."


def heartbeat_path() -> Json:
    return {
        "post": {
            "operationId": "heartbeat",
            "summary": "A device is alive",
            "description": _OPERATION_SAYS,
            "security": [{"token": []}],
            "requestBody": {"required": False, "content": {"application/json": {"schema": ref("Heartbeat")}}},
            "responses": _responses(),
        }
    }


def heartbeat_schemas() -> Json:
    return {
        "Heartbeat": {"description": _BODY_SAYS, **closed(_BODY, required=[])},
        "Device": {"type": "string", "pattern": whole(DEVICE)},
        "Instant": {"description": _INSTANT_SAYS, **INSTANT.schema},
        "Evidence": {
            "description": _EVIDENCE_SAYS,
            "oneOf": [ref(practice) for practice in FACTS],
            "discriminator": {"propertyName": "practice"},
        },
        **{practice: _evidence(practice, facts) for practice, facts in FACTS.items()},
        "Offline": {"description": _OFFLINE_SAYS, **closed(_SPAN)},
        "HeartbeatAnswer": closed(_ANSWER),
        "Problem": {"description": "RFC 9457.", **closed(_PROBLEM)},
        "BodyProblem": {
            "description": "RFC 9457, and what is wrong where.",
            **closed({**_PROBLEM, "errors": {"type": "array", "minItems": 1, "items": closed(_MISTAKE)}}),
        },
    }


def _responses() -> Json:
    own = {
        "200": described(
            heartbeat_answer(_NOW, _NOW + 180, _REFUSED), "The heartbeat is recorded.", ref("HeartbeatAnswer")
        ),
        "400": described(
            bad_body([_ERROR]),
            "The heartbeat is recorded; nothing of the body is. Sent again as it is, it is refused again.",
            ref("BodyProblem"),
        ),
        "401": described(
            unauthorized(), "The token is missing, malformed, wrong, expired or of nobody.", ref("Problem")
        ),
        "413": or_gateway(
            described(too_large(), "The heartbeat is recorded, unless API Gateway says so.", ref("Problem"))
        ),
        "503": or_gateway(
            described(unavailable(), "The heartbeat may not be recorded. Send it again.", ref("Problem"))
        ),
    }
    return or_by_gateway(own)


def _list(items: Json, most: int) -> Json:
    return {"type": "array", "maxItems": most, "items": items}


def _evidence(practice: str, facts: dict[str, Fact]) -> Json:
    known = {name: _or_null(fact) for name, fact in facts.items() if name != SIGNATURE}
    return closed(
        {
            "device": ref("Device"),
            "practice": {"type": "string", "const": practice},
            "facts": closed(known, required=[]),
        }
    )


def _or_null(fact: Fact) -> Json:
    return {**fact.schema, "type": [fact.schema["type"], "null"]}


_BODY: Json = {
    "seen": {
        "description": "Neighbours that answered just now, for which the agent may vouch.",
        **_list(ref("Device"), MAX_SEEN),
    },
    "evidence": _list(ref("Evidence"), MAX_EVIDENCE),
    "offline": _list(ref("Offline"), MAX_OFFLINE),
}
_SPAN: Json = {
    "from": ref("Instant"),
    "to": ref("Instant"),
    "beats": {"type": "integer", "minimum": 1, "maximum": MAX_BEATS},
}
_ANSWER: Json = {
    "received_at": ref("Instant"),
    "due_at": {
        "description": "When the next heartbeat has to have arrived. After it, the device is silent.",
        **ref("Instant"),
    },
    "refused": {
        "description": "For whom or what the agent may not speak: a device, or a device and a practice.",
        "type": "array",
        "items": {"type": "string"},
    },
}
_PROBLEM: Json = {
    "type": {"type": "string", "const": "about:blank"},
    "title": {"type": "string"},
    "status": {"type": "integer"},
    "detail": {"type": "string"},
}
_MISTAKE: Json = {
    "field": {"description": "Its place, such as `seen[0]`; empty for the whole.", "type": "string"},
    "message": {"type": "string"},
}
