"""Other terms put into the facts of a past month, and what these facts cannot tell about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from makegood.rules.contracts import Contract, Outages, parse_contract
from makegood.rules.facts import Facts, IncidentFacts, parse_facts
from makegood.rules.instants import DAY_SECONDS, format_instant, parse_instant, period_bounds
from makegood.rules.levels import without_ladder
from makegood.rules.terms import PracticeTerms
from makegood.rules.values import MaxAge

Json = dict[str, Any]

HISTORY_FIELDS = ("client", "effective_from", "effective_until")
"""What is no term but history: who the client is, and which days were covered."""

SAME_FIELDS = ("timezone", "currency")
"""What no terms can change about a past month: its bounds, and what its money is counted in."""


def put_into(facts: Json, terms: Mapping[str, Any], before: Sequence[Json] = ()) -> Json:
    """The facts as they would be had the contract been this one all the time.

    Every incident is judged by these terms, whatever it began with. A pause ends when they would have ended
    it. `before` are the facts of earlier months, whose evidence counts as long as these terms let it.
    """
    outages = terms.get("outages")
    contract = {name: value for name, value in terms.items() if name not in HISTORY_FIELDS}
    kept = {name: facts["contract"][name] for name in HISTORY_FIELDS if name in facts["contract"]}
    longest = _pause_at_most(terms)
    return {
        **facts,
        "contract": {**contract, **kept, **({"outages": without_ladder(outages)} if outages else {})},
        "incidents": [
            {
                **{name: value for name, value in incident.items() if name != "outages"},
                "pauses": [_ended(pause, longest) for pause in incident.get("pauses") or ()],
            }
            for incident in facts.get("incidents") or ()
        ],
        "evidence": [*_older_evidence(facts, terms, before), *(facts.get("evidence") or ())],
    }


def refusals(facts: Json, terms: Mapping[str, Any]) -> Iterator[str]:
    """Why months of these facts cannot be computed under these terms."""
    for name in SAME_FIELDS:
        known = facts["contract"][name]
        if terms[name] != known:
            yield f"{name}: must be {known}, as in the months that are computed again, got {terms[name]}"


def doubts(facts: Json, terms: Mapping[str, Any], *, is_first: bool) -> list[str]:
    """What the facts of a month cannot tell about other terms, a sentence each.

    `is_first` says that no earlier month is known, whose evidence could count.
    """
    known = parse_facts(facts)
    wanted = parse_contract({**terms, "client": known.contract.client})
    return [
        *_doubts_of_outages(known, wanted.outages),
        *_doubts_of_practices(known, wanted, is_first=is_first),
        *_doubts_of_maintenance(known, wanted),
    ]


def _pause_at_most(terms: Mapping[str, Any]) -> int:
    outages = parse_contract(dict(terms)).outages
    return outages.pause_at_most if outages else 0


def _ended(pause: Json, longest: int) -> Json:
    if pause.get("to") is None:
        return pause
    latest = parse_instant(pause["from"]) + longest
    return {**pause, "to": min(pause["to"], format_instant(latest))}


def _older_evidence(facts: Json, terms: Mapping[str, Any], before: Sequence[Json]) -> Iterator[Json]:
    """What came in before the month, of devices that it knows, as far back as the terms may look."""
    contract = parse_contract(dict(terms))
    starts_at = period_bounds(facts["period"], ZoneInfo(facts["contract"]["timezone"]))[0]
    reach = max((_reach(practice.max_age) for practice in contract.practices), default=0)
    oldest, newest = format_instant(starts_at - reach - DAY_SECONDS), format_instant(starts_at)
    devices = {device["device"] for device in facts.get("devices") or ()}
    for month in before:
        for entry in month.get("evidence") or ():
            if oldest <= entry["at"] < newest and entry["device"] in devices:
                yield entry


def _doubts_of_outages(known: Facts, wanted: Outages | None) -> Iterator[str]:
    if wanted is None:
        return
    if known.contract.outages is None and not known.incidents:
        yield "nothing was promised about outages, so none may be on record"
    for stage in wanted.promised():
        asked_for_nothing = [
            incident for incident in known.incidents if stage not in _terms_of(incident, known).promised()
        ]
        if asked_for_nothing:
            yield f"{stage} was not promised, so nobody had to do it: it counts as it was done, or not"
    yield from _doubts_of_recovery(known, wanted)
    if any(_ran_out(incident, known, wanted) for incident in known.incidents):
        yield "a pause ended by itself that a longer pause_at_most would have let go on"


def _doubts_of_recovery(known: Facts, wanted: Outages) -> Iterator[str]:
    changed = [
        incident
        for incident in known.incidents
        if _terms_of(incident, known).self_recovery != wanted.self_recovery
    ]
    if wanted.self_recovery == "document" and any(map(_documented_itself, changed)):
        yield "an outage documented itself that a person would have had to document: it counts as documented"
    if wanted.self_recovery == "system" and any(incident.planned_at is None for incident in changed):
        yield "a person documented what may have documented itself, and sooner"
    longer = [each for each in known.incidents if _terms_of(each, known).stable_for < wanted.stable_for]
    if any(_relapsed(incident, known, wanted) for incident in longer):
        yield "a device fell silent again within stable_for: two outages here, which would have been one"
    shorter = [each for each in known.incidents if _terms_of(each, known).stable_for > wanted.stable_for]
    if any(_came_and_went(incident) for incident in shorter):
        yield "a device came and went in one outage here, which a shorter stable_for may have made several"


def _doubts_of_practices(known: Facts, wanted: Contract, *, is_first: bool) -> Iterator[str]:
    before = {terms.practice: terms for terms in known.contract.practices}
    for terms in wanted.practices:
        if not any(terms.practice in device.practices for device in known.devices):
            yield f"{terms.practice}: no device brings evidence of it, so there is nothing to judge"
        elif is_first and _reaches_further(terms, before.get(terms.practice)):
            yield f"{terms.practice}: there is no evidence from as long before the first month as max_age"


def _doubts_of_maintenance(known: Facts, wanted: Contract) -> Iterator[str]:
    notices = (known.contract.maintenance_notice_seconds, wanted.maintenance_notice_seconds)
    shortest, longest = min(notices), max(notices)
    if any(shortest <= work.start - work.announced_at < longest for work in known.maintenance):
        yield "by maintenance_notice other maintenance counts: what fell silent in it stays as it is"


def _terms_of(incident: IncidentFacts, known: Facts) -> Outages:
    nothing = Outages(None, None, None, stable_for=600, self_recovery="system")
    return incident.outages or known.contract.outages or nothing


def _documented_itself(incident: IncidentFacts) -> bool:
    return incident.restored_at is not None and incident.documented_at == incident.restored_at


def _relapsed(incident: IncidentFacts, known: Facts, wanted: Outages) -> bool:
    same = sorted(
        (each for each in known.incidents if each.device == incident.device), key=lambda each: each.started_at
    )
    return any(
        first is incident and first.restored_at and second.started_at - first.restored_at < wanted.stable_for
        for first, second in pairwise(same)
    )


def _came_and_went(incident: IncidentFacts) -> bool:
    return sum(silence.device == incident.device for silence in incident.silences) > 1


def _ran_out(incident: IncidentFacts, known: Facts, wanted: Outages) -> bool:
    longest = _terms_of(incident, known).pause_at_most
    return wanted.pause_at_most > longest and any(
        pause.end is not None and pause.end - pause.start == longest for pause in incident.pauses
    )


def _reaches_further(terms: PracticeTerms, before: PracticeTerms | None) -> bool:
    if before is None:
        return terms.max_age != MaxAge(local_days=1)
    return _reach(terms.max_age) > _reach(before.max_age)


def _reach(age: MaxAge) -> int:
    return age.local_days * DAY_SECONDS or age.seconds
