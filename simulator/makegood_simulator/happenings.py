"""What a call to AWS means for the client: lines for the log."""

from __future__ import annotations

from collections.abc import Iterator

from makegood_simulator.wire import Call, sets, writes

_MOMENTS = {"restored_at": "restored", "closed_at": "incident closed", "retired_at": "retired"}


def happenings(operation: str, call: Call) -> Iterator[tuple[str, str]]:
    """What happened, and to what."""
    if operation == "PutObject":
        yield "stored", call["Key"]
    for kind, write in writes(operation, call):
        key = write["Item"] if kind == "Put" else write["Key"]
        name = next(value for field in ("sk", "device") if (value := key.get(field, {}).get("S")))
        if kind == "Put" and is_incident(name):
            yield "incident opened", name.removeprefix("incident#")
        elif kind == "Update":
            for attribute, what in _MOMENTS.items():
                if sets(write, attribute):
                    yield what, name.removeprefix("incident#")


def is_incident(key: str) -> bool:
    """Whether it is the key of an incident itself, not of something that belongs to it."""
    return key.startswith("incident#") and key.count("#") == 1
