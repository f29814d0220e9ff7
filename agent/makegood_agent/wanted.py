"""What `--collect` asks for: `PRACTICE[=SOURCE] [KEY=VALUE ...]`."""

from __future__ import annotations

import re
from typing import NamedTuple

HOURS = 3600
UNITS = {"s": 1, "m": 60, "h": HOURS, "d": 24 * HOURS}
LONGEST_SECONDS = 31 * 24 * HOURS
EVERYWHERE = ("every", "timeout")
REPOSITORY = ("password-file", "host")


class Plan(NamedTuple):
    """How a practice is collected unless the operator says otherwise."""

    sources: tuple[str, ...]
    settings: tuple[str, ...]
    every: int
    seconds: int
    needs_source: bool = False


PLANS = {
    "patching": Plan(("apt", "dnf", "windows"), (), 6 * HOURS, 900),
    "antivirus": Plan(("clamav", "defender"), ("config", "log"), 6 * HOURS, 120),
    "quarantine": Plan(("clamav", "defender"), ("config", "log"), 6 * HOURS, 120),
    "log_review": Plan(("journal", "windows"), (), 6 * HOURS, 600),
    "backup": Plan(
        ("restic:", "borg:", "windows"), (*REPOSITORY, "within"), 6 * HOURS, 900, needs_source=True
    ),
    "restore_test": Plan(
        ("restic:", "borg:"),
        (*REPOSITORY, "file", "sha256", "root", "at-most"),
        24 * HOURS,
        3600,
        needs_source=True,
    ),
}


class Wanted(NamedTuple):
    """One practice to be proven by this machine: `source` is empty where the platform decides."""

    practice: str
    source: str
    settings: dict[str, str]
    every: int
    seconds: int


def parse_wanted(text: str) -> Wanted:
    words = [word.replace('"', "") for word in re.findall(r'(?:[^\s"]|"[^"]*")+', text)]
    practice, _, source = (words or [""])[0].partition("=")
    plan = PLANS.get(practice)
    if plan is None:
        raise ValueError(f"collects one of {', '.join(PLANS)}")
    check_source(plan, source)
    settings = parse_settings(plan, words[1:])
    return Wanted(
        practice,
        source,
        settings,
        every=parse_duration(settings.pop("every", f"{plan.every}s")),
        seconds=parse_duration(settings.pop("timeout", f"{plan.seconds}s")),
    )


def check_source(plan: Plan, source: str) -> None:
    kind, colon, place = source.partition(":")
    fits = f"{kind}{colon}" in plan.sources and bool(place) == bool(colon)
    if (source or plan.needs_source) and not fits:
        known = ", ".join(f"{each}PLACE" if each.endswith(":") else each for each in plan.sources)
        raise ValueError(f"needs one of {known} after the =")


def parse_settings(plan: Plan, words: list[str]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for word in words:
        key, _, value = word.partition("=")
        if key not in (*plan.settings, *EVERYWHERE) or not value:
            known = ", ".join(f"{each}=" for each in (*plan.settings, *EVERYWHERE))
            raise ValueError(f"does not know {word!r}; known are {known}")
        settings[key] = value
    check_settings(settings)
    return settings


def check_settings(settings: dict[str, str]) -> None:
    if "within" in settings:
        parse_duration(settings["within"])
    if not re.fullmatch("[0-9]{1,15}", settings.get("at-most", "1")):
        raise ValueError("needs a number of bytes in at-most=")
    if not re.fullmatch("[0-9a-fA-F]{64}", settings.get("sha256", "0" * 64)):
        raise ValueError("needs 64 characters of 0-9 and a-f in sha256=")
    if "sha256" in settings and "file" not in settings:
        raise ValueError("needs file= where there is sha256=")


def parse_duration(text: str) -> int:
    match = re.fullmatch("([0-9]{1,8})([smhd])", text)
    seconds = int(match[1]) * UNITS[match[2]] if match else 0
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise ValueError(f"needs a duration such as 90s, 15m, 6h or 2d, at most 31d, not {text!r}")
    return seconds


def check_practices(wanted: list[Wanted]) -> None:
    practices = [each.practice for each in wanted]
    repeated = sorted({each for each in practices if practices.count(each) > 1})
    if repeated:
        raise ValueError(f"collects each practice once; repeated: {', '.join(repeated)}")
