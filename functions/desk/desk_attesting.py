"""The forms by which a person attests a practice: what they ask and suggest, and the facts they make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from makegood.mail.formats import Formats
from makegood.pages.forms import Field, Filled, Form
from makegood.rules.attesting import OBSERVED, Matter
from makegood.rules.instants import DAY_SECONDS, Instant, format_instant, instant_of, parse_instant
from makegood.rules.practice_facts import LONGEST_TEXT, MOST

SEEN: Final = "seen"
LONGEST_REVIEW_DAYS: Final = 366

_WALL: Final = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")


def _wall_error(value: str) -> str | None:
    try:
        datetime.fromisoformat(value if _WALL.fullmatch(value) else "")
    except ValueError:
        return "Please give a date and a time, such as 2026-03-12T08:30."
    return None


def _count_error(value: str) -> str | None:
    is_count = re.fullmatch("[0-9]{1,10}", value) and int(value) <= MOST
    return None if is_count else "Please give a whole number, such as 0."


def _hash_error(value: str) -> str | None:
    is_hash = re.fullmatch("[0-9a-fA-F]{64}", value)
    return None if is_hash else "Please give the SHA-256: 64 characters of 0-9 and a-f."


_SEEN: Final = Field(SEEN, "", "", 1, kind="hidden")

REVIEW: Final = Form(
    "log_review",
    "Review the log",
    "Sign the review",
    (
        _SEEN,
        Field(
            "since", "From", "Where your reading of the log began.", 1, "datetime-local", check=_wall_error
        ),
        Field("until", "To", "Where it ended, within the last day.", 1, "datetime-local", check=_wall_error),
        Field(
            "findings",
            "Findings",
            "How many things you found that need work; 0 if none.",
            1,
            "number",
            check=_count_error,
        ),
        Field(
            "remarks",
            "Remarks",
            f"What you found, or why it is harmless; at most {LONGEST_TEXT} characters.",
            3,
            at_most=LONGEST_TEXT,
        ),
    ),
)
RESTORE: Final = Form(
    "restore_test",
    "Attest a restore",
    "Sign the restore",
    (
        _SEEN,
        Field("file", "File", "Which file you restored, with its path.", 1),
        Field("snapshot", "Snapshot", "From which snapshot or archive.", 1),
        Field(
            "original",
            "SHA-256 of the original",
            "Made on the device, such as by sha256sum.",
            1,
            check=_hash_error,
        ),
        Field(
            "restored",
            "SHA-256 of the restored file",
            "Made of the file that came back.",
            1,
            check=_hash_error,
        ),
    ),
)
FORMS: Final = {form.action: form for form in (REVIEW, RESTORE)}


_DIFFER: Final = (
    "This is not the hash of the original. If both are right, the restore has failed: "
    "put the backup right and restore again. Nothing was recorded."
)


@dataclass(frozen=True)
class Attester:
    """Who attests what, when, and by which clocks times are typed."""

    person: str
    matter: Matter
    now: Instant
    formats: Formats

    def suggested(self, seen: str) -> dict[str, str]:
        """What a form holds before anything was typed."""
        since, until = self._observed() or (self._last_end(), self.now)
        return {SEEN: seen, "since": self._wall(since), "until": self._wall(until)}

    def read(self, filled: Filled) -> tuple[Filled, dict[str, Any]]:
        """The form with what else is wrong with it, and the facts it makes when nothing is."""
        if filled.form is REVIEW:
            return self._read_review(filled)
        return self._read_restore(filled)

    def _read_review(self, filled: Filled) -> tuple[Filled, dict[str, Any]]:
        if _typed_wrong(filled):
            return filled, {}
        since = instant_of(datetime.fromisoformat(filled.values["since"]), self.formats.zone)
        until = self._end(datetime.fromisoformat(filled.values["until"]))
        checked = replace(filled, errors={**filled.errors, **self._wrong_span(since, until)})
        return checked, {
            "reviewed": True,
            "since": format_instant(since),
            "until": format_instant(until),
            **self.matter.observed_facts,
            "findings": int(filled.values["findings"]),
            "remarks": filled.values["remarks"],
            **self._signature(),
        }

    def _read_restore(self, filled: Filled) -> tuple[Filled, dict[str, Any]]:
        values = filled.values
        if not _typed_wrong(filled) and values["original"].lower() != values["restored"].lower():
            return replace(filled, errors={**filled.errors, "restored": _DIFFER}), {}
        return filled, {
            "ok": True,
            "hash_matches": True,
            "file": values["file"],
            "snapshot": values["snapshot"],
            "sha256": values["restored"].lower(),
            **self._signature(),
        }

    def _signature(self) -> dict[str, str]:
        return {"by": self.person, "source": "desk"}

    def _wrong_span(self, since: Instant, until: Instant) -> dict[str, str]:
        """What is wrong first with the time that was read, by field; forms tell times by the minute."""
        begin, end = self._observed() or (self.now, self.now - DAY_SECONDS)
        checks = (
            ("until", since >= until, "Please give a time after the one it began at."),
            ("until", until > self.now, f"This is in the future: now it is {self._told(self.now)}."),
            ("until", until < self.now - DAY_SECONDS, "A review of today ends within the last 24 hours."),
            ("since", since < self._earliest() - 60, "Please give a time within the last year."),
            (
                "since",
                since > begin,
                f"What was observed begins on {self._told(begin)}: please read all of it.",
            ),
            (
                "until",
                until < end // 60 * 60,
                f"What was observed ends on {self._told(end)}: please read all of it.",
            ),
        )
        return next(({field: message} for field, is_wrong, message in checks if is_wrong), {})

    def _end(self, wall: datetime) -> Instant:
        """The last instant so far at which clocks showed this: set back, they show an hour twice."""
        first, last = (
            instant_of(wall, self.formats.zone),
            int(wall.replace(tzinfo=self.formats.zone, fold=1).timestamp()),
        )
        return last if first < last <= self.now else first

    def _observed(self) -> tuple[Instant, Instant] | None:
        """The time that all observations are of, by the agent's clock, which may be wrong."""
        spans = [self._span(observation.facts) for observation in self.matter.observed]
        if not spans:
            return None
        begin, end = min(span[0] for span in spans), max(span[1] for span in spans)
        return max(min(begin, end - 60), self._earliest()), end

    def _span(self, facts: Mapping[str, object]) -> tuple[Instant, Instant]:
        end = min(_instant(facts, "until") or self.now, self.now)
        return _instant(facts, "since") or end - DAY_SECONDS, end

    def _last_end(self) -> Instant:
        """Where the last review ended, a day ago at the latest."""
        last = _instant(self.matter.newest.facts, "until") if self.matter.newest else None
        return max(min(last or self.now, self.now - DAY_SECONDS), self._earliest())

    def _earliest(self) -> Instant:
        return self.now - LONGEST_REVIEW_DAYS * DAY_SECONDS

    def _told(self, at: Instant) -> str:
        return self.formats.zoned_time(at)

    def _wall(self, at: Instant) -> str:
        return datetime.fromtimestamp(at, self.formats.zone).strftime("%Y-%m-%dT%H:%M")


def is_same_word(facts: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    """Whether both were signed by one person with the same words, whatever stood beside them."""
    mine, theirs = (
        {name: value for name, value in told.items() if name not in OBSERVED} for told in (facts, others)
    )
    return mine == theirs


def _typed_wrong(filled: Filled) -> bool:
    return bool(filled.errors.keys() - {SEEN})


def _instant(facts: Mapping[str, object], name: str) -> Instant | None:
    value = facts.get(name)
    return parse_instant(value) if isinstance(value, str) else None
