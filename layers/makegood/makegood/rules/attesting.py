"""What a person must judge: the practices that are signed by name, and what agents only observed."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from makegood.rules.gaps import newest_evidence
from makegood.rules.instants import parse_instant
from makegood.rules.log_review import BY_RULE
from makegood.rules.practice_facts import ATTESTED, SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from makegood.rules.facts import EvidenceFacts, Facts
    from makegood.rules.gaps import Gap


COUNTS: Final = ("failed_units", "failed_logons", "disk_errors")
OBSERVED: Final = (*COUNTS, "undetermined")
"""What a reviewer has looked at stands in the evidence beside their words."""


@dataclass(frozen=True)
class Matter:
    """One practice of one device that a person may attest.

    `verdict` is that of an open day, None when the day is done; `newest` is the newest evidence, `judged` the
    newest that no rule made, `observed` all that an agent has reported since then, the oldest first.
    """

    device: str
    practice: str
    verdict: str | None
    newest: EvidenceFacts | None
    judged: EvidenceFacts | None
    observed: tuple[EvidenceFacts, ...]

    @property
    def is_open(self) -> bool:
        """Whether it waits for a person: the day would be missed, or something new was seen."""
        return self.verdict is not None or is_waiting(self.observed, self.judged)

    @property
    def observed_facts(self) -> dict[str, object]:
        """What a reviewer has looked at: the highest of each count, and what could not be determined."""
        seen: dict[str, object] = {}
        for observation in self.observed:
            for name in OBSERVED:
                if name in observation.facts:
                    seen[name] = _higher(seen.get(name), observation.facts[name])
        return seen


def matters_of(
    facts: Facts,
    gaps: Iterable[Gap],
    evidence: Iterable[EvidenceFacts],
    observations: Iterable[EvidenceFacts],
) -> tuple[Matter, ...]:
    """Every practice of every device that a person may attest, what waits for one first.

    `gaps` are those of the day; `evidence` and `observations` came in during the last days.
    """
    open_days = {(day.device, gap.terms.practice): day.verdict for gap in gaps for day in gap.days}
    newest = newest_evidence((*facts.evidence, *evidence))
    judged = judgements(evidence)
    seen: dict[tuple[str, str], list[EvidenceFacts]] = {}
    for each in observations:
        seen.setdefault((each.device, each.practice), []).append(each)
    found = [
        Matter(
            *key,
            open_days.get(key),
            newest.get(key),
            judged.get(key),
            unjudged(seen.get(key, ()), judged.get(key)),
        )
        for key in _attested(facts)
    ]
    return tuple(sorted(found, key=lambda matter: (matter.verdict is None, not matter.is_open)))


def judgements(evidence: Iterable[EvidenceFacts]) -> dict[tuple[str, str], EvidenceFacts]:
    """The newest of each device and practice that no rule made."""
    return newest_evidence(each for each in evidence if each.facts.get(SIGNATURE) != BY_RULE)


def unjudged(
    observations: Iterable[EvidenceFacts], judged: EvidenceFacts | None
) -> tuple[EvidenceFacts, ...]:
    """Those of a device's observations that are newer than the judgement, the oldest first."""
    newer = (each for each in observations if judged is None or judged.at < each.at)
    return tuple(sorted(newer, key=attrgetter("at")))


def is_waiting(observations: Iterable[EvidenceFacts], judged: EvidenceFacts | None) -> bool:
    """Whether any of a device's observations is newer than the judgement and holds more than it."""
    return any(_is_news(each, judged) for each in unjudged(observations, judged))


def _higher(known: object, fact: object) -> object:
    if isinstance(known, int) and isinstance(fact, int):
        return max(known, fact)
    return known if fact is None else fact


def _is_news(observed: EvidenceFacts, judged: EvidenceFacts | None) -> bool:
    """Whether an observation holds more than was looked at; the times of an agent's reports overlap.

    It holds nothing new when it begins before the review ended, with no count higher than the reviewer saw.
    """
    if judged is None:
        return True
    since, until = observed.facts.get("since"), judged.facts.get("until")
    if (
        not isinstance(since, str)
        or not isinstance(until, str)
        or parse_instant(since) > parse_instant(until)
    ):
        return True
    same = observed.facts.get("undetermined") == judged.facts.get("undetermined")
    return not same or any(_is_more(observed.facts.get(name), judged.facts.get(name)) for name in COUNTS)


def _is_more(count: object, looked_at: object) -> bool:
    if isinstance(count, int) and isinstance(looked_at, int):
        return count > looked_at
    return count is not looked_at


def _attested(facts: Facts) -> Iterator[tuple[str, str]]:
    for terms in facts.contract.practices:
        for device in facts.devices if terms.practice in ATTESTED else ():
            if terms.practice in device.practices and device.retired_at is None:
                yield device.device, terms.practice
