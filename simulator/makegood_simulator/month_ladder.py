"""The ladder of a made-up contract: other shares at which is warned, other people, at times none."""

from __future__ import annotations

import random
from typing import Any

from makegood_simulator.cloud import TECHNICIANS

ONCALL, LEAD, OWNER = "oncall@provider.example", "lead@provider.example", "boss@provider.example"

_SHARES: tuple[list[str], ...] = ([], ["50%"], ["80%"], ["1%", "99%"], ["25%", "50%", "75%"], ["90%"])
_AFTERS = ("0m", "1m", "5m", "20m", "30m", "1h", "3h", "1d")


def some_ladder(chance: random.Random) -> dict[str, Any]:
    """What a contract says of it: nothing in half of them."""
    said: dict[str, Any] = {}
    if chance.random() < 0.4:
        said["warnings"] = chance.choice(_SHARES)
    if chance.random() < 0.4:
        said["escalation"] = _levels(chance)
    return said


def _levels(chance: random.Random) -> list[dict[str, str]]:
    """The technician who acts in made-up months stands on most ladders, in any place."""
    people = chance.sample([TECHNICIANS[0], ONCALL, LEAD, OWNER], chance.choice([1, 2, 2, 3]))
    afters = sorted(chance.sample(range(1, len(_AFTERS)), len(people) - 1))
    moments = ["0m", *(_AFTERS[index] for index in afters)]
    if len(people) > 1 and chance.random() < 0.3:
        moments[1] = "0m"
    return [{"after": after, "to": to} for after, to in zip(moments, people, strict=True)]
