"""What a statement says of each outage: its promises one by one, what was done when, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from makegood.mail.deadline_words import show_counted, show_late, steps_in_words
from makegood.mail.look import count_of, show_length
from makegood.mail.statement_matters import excuse_notes, matter_notes, pause_notes
from makegood.mail.statement_month import Month, Outage
from makegood.mail.statement_told import told_notes
from makegood.mail.statement_words import DONE, show_promise
from makegood.rules.clocks import BusinessHours
from makegood.rules.deadlines import explain
from makegood.rules.facts import DeviceFacts
from makegood.rules.intervals import Interval, total_seconds
from makegood.rules.silences import down_times
from makegood.rules.stages import StageVerdict

TONES = {"kept": "good", "broken": "bad", "excused": "warn", "pending": "calm", "not_required": "plain"}

AFTER_THE_END = "Its limit is after the contract's end, where no fee is charged: nothing is refunded for it"


@dataclass(frozen=True)
class StageView:
    """One promise of an outage: what was promised, what happened, and the verdict in a word or two."""

    promise: str
    happened: str
    verdict: str
    tone: str
    notes: tuple[str, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True)
class OutageView:
    title: str
    when: str
    notes: tuple[str, ...]
    stages: tuple[StageView, ...]


def view_outage(month: Month, outage: Outage) -> OutageView:
    kind = f" ({outage.device.kind})" if outage.device.kind else ""
    return OutageView(
        title=f"{outage.device.device}{kind}, {month.day(outage.facts.started_at)}",
        when=_when(month, outage),
        notes=tuple(_notes(month, outage)),
        stages=tuple(_view_stage(month, outage, verdict) for verdict in outage.verdicts),
    )


def _when(month: Month, outage: Outage) -> str:
    start, end, came_and_went = outage.facts.started_at, outage.ended_at, _on_and_off(month, outage)
    down = "On and off" if came_and_went else "Down"
    since = month.time_of_day(start)
    if end is None:
        still = came_and_went or f", still down {month.time(month.facts.as_of)}"
        return f"{down} since {since}{still}"
    until = month.time_after(end, start)
    if outage.facts.restored_at is None:
        until = f"its retirement, {until}"
    return f"{down} from {since} to {until}{came_and_went or f', for {show_length(end - start)}'}"


def _on_and_off(month: Month, outage: Outage) -> str:
    """That it was back in between, so that only its silence counts; empty when it was not."""
    device = outage.device
    named = [silence for silence in outage.facts.silences if silence.device == device.device]
    if not named:
        return ""
    silent = show_length(total_seconds(_known_times(month, outage, device)))
    return f": silent {count_of(len(named), 'time')}, {silent} in all; only that counts as down"


def _behind(month: Month, outage: Outage) -> Iterator[str]:
    """How long the devices behind it were silent, for each that was."""
    behind = {silence.device for silence in outage.facts.silences} - {outage.device.device}
    told = [
        f"{device.device} for {show_length(total_seconds(_known_times(month, outage, device)))}"
        for device in month.facts.devices
        if device.device in behind
    ]
    if told:
        yield f"Silent with it, as they are reached through it: {', '.join(told)}"


def _known_times(month: Month, outage: Outage, device: DeviceFacts) -> Iterator[Interval]:
    until_now = Interval(0, month.facts.as_of)
    return (down.clip(until_now) for down in down_times(outage.facts, device.device, device.retired_at))


def _notes(month: Month, outage: Outage) -> Iterator[str]:
    yield from _behind(month, outage)
    yield from pause_notes(month, outage)
    yield from matter_notes(month, outage)


def _view_stage(month: Month, outage: Outage, verdict: StageVerdict) -> StageView:
    terms = outage.terms.promised()[verdict.stage]
    listed = (verdict.incident, verdict.stage) in month.listed
    steps = explain(verdict, terms, outage.facts, month.facts.as_of)
    in_hours = isinstance(terms.clock, BusinessHours)
    return StageView(
        promise=f"{show_promise(verdict.stage, terms)}, {_limit(month, outage, verdict)}",
        happened=_happened(month, outage, verdict),
        verdict=_verdict(verdict),
        tone=TONES[verdict.verdict],
        notes=tuple(_stage_notes(month, outage, verdict, listed)),
        steps=steps_in_words(steps, terms, "the outage began", month.formats) if in_hours else (),
    )


def _limit(month: Month, outage: Outage, verdict: StageVerdict) -> str:
    terms = outage.terms.promised()[verdict.stage]
    waited = terms.clock.seconds(verdict.deadline_without_pauses, verdict.deadline)
    added = f" with {show_counted(waited, terms)} of waiting added" if waited else ""
    return f"by {month.time_after(verdict.deadline, outage.facts.started_at)}{added}"


def _happened(month: Month, outage: Outage, verdict: StageVerdict) -> str:
    if verdict.done_at is not None:
        done = month.time_after(verdict.done_at, outage.facts.started_at)
        late = f", {_lateness(outage, verdict)} late" if verdict.late_seconds else ""
        return f"{DONE[verdict.stage].capitalize()} {done}{late}"
    if verdict.verdict == "not_required":
        return _why_not_required(verdict, outage)
    if verdict.stage == "repair" and outage.facts.restored_at is not None:
        return "Back, but the repair is not documented"
    if verdict.stage == "repair" and outage.facts.documented_at is not None:
        return "Documented, but not back"
    return f"Not {DONE[verdict.stage]} yet"


def _lateness(outage: Outage, verdict: StageVerdict) -> str:
    return show_late(verdict.late_seconds, verdict.deadline, outage.terms.promised()[verdict.stage])


def _why_not_required(verdict: StageVerdict, outage: Outage) -> str:
    back = outage.facts.restored_at
    if verdict.stage == "plan" and back is not None and back <= verdict.deadline:
        return "Not needed: back before the limit"
    return "Not needed: retired before the limit"


def _verdict(verdict: StageVerdict) -> str:
    match verdict.verdict:
        case "kept":
            return "Kept"
        case "broken":
            return "Broken"
        case "excused":
            return "Missed, excused"
        case "pending":
            return "Open"
        case _:
            return "Not needed"


def _stage_notes(month: Month, outage: Outage, verdict: StageVerdict, listed: bool) -> Iterator[str]:
    if verdict.late_seconds and verdict.done_at is None:
        yield f"{_lateness(outage, verdict)} late on {month.time(month.facts.as_of)}"
    if verdict.verdict == "excused":
        yield from excuse_notes(month, outage, verdict.stage)
    if verdict.stage == "notify":
        yield from told_notes(month, outage)
    if not listed and month.is_after_the_end(verdict.deadline):
        yield AFTER_THE_END
    elif not listed:
        yield f"Belongs to {month.period_name(verdict.deadline)}"
