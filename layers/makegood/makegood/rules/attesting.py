"""What a person must judge: the practices that are signed by name, and what agents only observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from makegood.rules.gaps import newest_evidence
from makegood.rules.log_review import BY_RULE
from makegood.rules.practice_facts import ATTESTED, SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from makegood.rules.facts import EvidenceFacts, Facts
    from makegood.rules.gaps import Gap


@dataclass(frozen=True)
class Matter:
    """One practice of one device that a person may attest.

    `verdict` is that of an open day, None when the day is done; `newest` is the newest evidence, `observed`
    what an agent has reported since somebody reviewed it last.
    """

    device: str
    practice: str
    verdict: str | None
    newest: EvidenceFacts | None
    observed: EvidenceFacts | None

    @property
    def is_open(self) -> bool:
        """Whether it waits for a person: the day would be missed, or something was seen."""
        return self.verdict is not None or self.observed is not None


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
    observed = unreviewed(observations, evidence)
    found = [
        Matter(*key, verdict=open_days.get(key), newest=newest.get(key), observed=observed.get(key))
        for key in _attested(facts)
    ]
    return tuple(sorted(found, key=lambda matter: (matter.verdict is None, not matter.is_open)))


def unreviewed(
    observations: Iterable[EvidenceFacts], evidence: Iterable[EvidenceFacts]
) -> dict[tuple[str, str], EvidenceFacts]:
    """The newest observation of each device and practice that nobody has judged since; a rule is nobody."""
    judged = newest_evidence(each for each in evidence if each.facts.get(SIGNATURE) != BY_RULE)
    return {
        key: observation
        for key, observation in newest_evidence(observations).items()
        if key not in judged or judged[key].at < observation.at
    }


def _attested(facts: Facts) -> Iterator[tuple[str, str]]:
    for terms in facts.contract.practices:
        for device in facts.devices if terms.practice in ATTESTED else ():
            if terms.practice in device.practices and device.retired_at is None:
                yield device.device, terms.practice
