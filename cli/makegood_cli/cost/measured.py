"""What `make bench` measured: measured.json, thing -> function -> what -> how many."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("measured.json")

Counted = dict[str, dict[str, float]]
"""Function -> operation, `runs`, `read units` ... -> how many."""


@dataclass(frozen=True)
class Measured:
    """What each thing takes, and what a deployment has whatever its fleet."""

    measured_on: str
    things: dict[str, Counted]
    deployed: dict[str, Any]


@cache
def measured() -> Measured:
    kept = json.loads(FILE.read_text())
    return Measured(kept["measured_on"], kept["measured"], kept["deployed"])
