"""Asks a collector in this process, and holds its facts against what the server accepts."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from makegood.rules.evidence import shows_done
from makegood.rules.practice_facts import problems_of
from makegood_agent.collectors.child import Order, find

HOUR = 3_600
DAY = 24 * HOUR


def answer_of(practice: str, source: str, scratch: Path, **more: Any) -> dict[str, Any]:
    """The whole answer; `more` are the settings, and what the collector remembers."""
    latest, delivered = more.pop("latest", None), more.pop("delivered", None)
    settings = {key.replace("_", "-"): str(value) for key, value in more.items()}
    scratch.mkdir(exist_ok=True)
    answer = find(Order(practice, source, settings, 300, str(scratch), latest, delivered))
    assert problems_of(practice, answer["facts"]) == []
    return answer


def facts_of(practice: str, source: str, scratch: Path, **more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = answer_of(practice, source, scratch, **more)["facts"]
    return facts


def is_done(practice: str, facts: dict[str, Any]) -> bool:
    return shows_done(practice, facts, grace_days=7)


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def shim(folder: Path, name: str, script: str) -> None:
    """A program of this name that runs the script."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
