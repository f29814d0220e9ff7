"""An incident in words: its device, its times, and how each of its promises stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from makegood.mail.deadline_words import (
    show_counted,
    show_late,
    show_within,
    steps_in_words,
    way_in_a_line,
)
from makegood.mail.formats import Formats, formats_of
from makegood.mail.letters import Check
from makegood.mail.look import count_of, show_length
from makegood.mail.statement_words import (
    DONE,
    show_promise,
    show_reason,
    show_refund,
    show_unit,
)
from makegood.rules.clocks import BusinessHours
from makegood.rules.deadlines import Step, explain
from makegood.rules.instants import Instant, local_date, period_of
from makegood.rules.intervals import Interval, total_seconds
from makegood.rules.silences import Silence
from makegood.rules.stages import StageVerdict, judge_incident
from makegood.rules.terms import STAGE_NAMES, Contract, StageTerms
from makegood.storage.cases import Case
from makegood.texts import one_line

VERDICTS: Final = {
    "kept": ("kept", "good"),
    "broken": ("broken", "bad"),
    "excused": ("missed, excused", "warn"),
    "pending": ("open", "calm"),
    "not_required": ("not required", "plain"),
}
"""The word for a verdict, and its tone."""


@dataclass(frozen=True)
class Story:
    """An incident as it is told at an instant."""

    case: Case
    now: Instant

    @property
    def zone(self) -> ZoneInfo:
        return self.case.contract.zone

    @cached_property
    def formats(self) -> Formats:
        return formats_of(self.case.contract)

    @property
    def client(self) -> str:
        return one_line(self.case.contract.name, 60)

    @property
    def device(self) -> str:
        return one_line(self.case.device.name, 60) or self.case.incident.device

    @property
    def restored_at(self) -> Instant | None:
        return self.case.incident.restored_at

    @property
    def trouble(self) -> str:
        """What the device is while the incident runs, as a word."""
        return "silent" if self.case.incident.failure is None else "failing"

    def headline(self) -> str:
        since = self.clock(self.case.incident.started_at)
        if self.restored_at is None:
            return f"{self.device} is {self.trouble} since {since}"
        return f"{self.device} was {self.trouble} from {since} to {self.clock(self.restored_at)}"

    def beginning(self) -> str:
        """`Last heard from on 12 March 2026, ...`: how the clocks were started."""
        began = "Last heard from" if self.case.incident.failure is None else "It reported a failure"
        return f"{began} on {self.time(self.case.incident.started_at)}."

    @cached_property
    def as_of(self) -> Instant:
        """Now, or when the last thing was recorded while this step ran."""
        facts = self.case.facts
        recorded = (facts.notified_at, facts.planned_at, facts.restored_at, facts.documented_at)
        return max([self.now, *(at for at in recorded if at is not None)])

    @cached_property
    def verdicts(self) -> tuple[StageVerdict, ...]:
        """The stages as judged by all that is on record."""
        return judge_incident(self.case.terms, self.case.facts, self.case.device.retired_at, self.as_of)

    def steps(self, verdict: StageVerdict) -> tuple[Step, ...]:
        return explain(verdict, self.terms(verdict.stage), self.case.facts, self.as_of)

    def terms(self, stage: str) -> StageTerms:
        return self.case.terms.promised()[stage]

    def time(self, at: Instant) -> str:
        return self.formats.zoned_time(at)

    def clock(self, at: Instant) -> str:
        return self.formats.zoned_clock(at)

    def name_of_device(self) -> str:
        """`Front desk modem (modem, router)`: the name and what it is known by."""
        known = [self.case.incident.device, one_line(self.case.device.kind, 40)]
        others = [name for name in known if name and name != self.device]
        return f"{self.device} ({', '.join(others)})" if others else self.device

    def due(self, verdict: StageVerdict) -> str:
        """`11:30 AM EDT`: for a subject line; with the day, where business hours may put it days away."""
        counts_days = isinstance(self.terms(verdict.stage).clock, BusinessHours)
        is_today = local_date(verdict.deadline, self.zone) == local_date(self.now, self.zone)
        day = f"{self.formats.weekday(verdict.deadline)}, " if counts_days and not is_today else ""
        return day + self.clock(verdict.deadline)

    def left(self, verdict: StageVerdict) -> str:
        terms = self.terms(verdict.stage)
        return f"{show_counted(about(terms.clock.seconds(self.now, verdict.deadline)), terms)} left"

    def down_for(self) -> str:
        """How long it was down: of a device that comes and goes, its silent stretches alone."""
        end = self.restored_at or self.case.device.retired_at or self.now
        whole = Silence(self.case.incident.device, self.case.incident.started_at, end)
        stretches = self.case.silences or (whole,)
        return show_length(total_seconds(Interval(each.start, each.end or end) for each in stretches))

    def was_down(self) -> str:
        """`silent for 2 h`; `silent 3 times, 25 min in all`, when it came back in between."""
        if len(self.case.silences) < 2:
            return f"{self.trouble} for {self.down_for()}"
        return f"{self.trouble} {len(self.case.silences)} times, {self.down_for()} in all"


def show_about(seconds: int) -> str:
    """`30 min`: a length to the nearest minute, unless it is below two."""
    return show_length(about(seconds))


def about(seconds: int) -> int:
    return seconds if seconds < 120 else round(seconds / 60) * 60


def is_running(verdict: StageVerdict) -> bool:
    """Whether the stage still is to be done, in time or late."""
    return verdict.done_at is None and verdict.verdict != "not_required"


def show_stage_refund(terms: StageTerms, contract: Contract) -> str | None:
    """`5% of the fee ($120.00 in a full month)` and what lateness adds; None when a miss earns nothing."""
    parts, formats = [], formats_of(contract)
    if terms.refund is not None:
        full = formats.money(terms.refund.earned_cents(contract.monthly_fee, 1))
        amount = f" ({full} in a full month)" if terms.refund.bps else ""
        parts.append(show_refund(terms.refund, formats) + amount)
    if terms.late is not None and terms.late.refund is not None:
        unit = show_unit(terms, terms.late)
        each = f"{show_refund(terms.late.refund, formats)} for each {unit}"
        most = f", at most {count_of(terms.late.at_most, 'time')}" if terms.late.at_most is not None else ""
        parts.append(f"{each} begun after the limit{most}")
    return ", and ".join(parts) or None


def client_check(story: Story, verdict: StageVerdict, by_this_mail: bool = False) -> Check:
    """A promise as the client is told of it; what this very mail does is said to be done by it."""
    title = show_promise(verdict.stage, story.terms(verdict.stage))
    kept_now = by_this_mail and verdict.verdict == "pending"
    status, tone = ("with this mail", "good") if kept_now else VERDICTS[verdict.verdict]
    lines = _lines(story, verdict, by_this_mail)
    return Check(title, (*lines, *_refund_due(story, verdict)), status, tone)


def technician_check(story: Story, verdict: StageVerdict) -> Check:
    """A promise as a technician sees it: how much time is left, and what a miss costs."""
    title = f"{STAGE_NAMES[verdict.stage]} within {show_within(story.terms(verdict.stage))}"
    lines = tuple(_lines(story, verdict))
    cost = show_stage_refund(story.terms(verdict.stage), story.case.contract)
    if cost and verdict.verdict in ("pending", "broken"):
        lines = (*lines, f"{'A miss costs' if verdict.verdict == 'pending' else 'Costs'} {cost}")
    return Check(title, lines, *_standing(story, verdict))


def _standing(story: Story, verdict: StageVerdict) -> tuple[str, str]:
    if verdict.verdict != "pending":
        return VERDICTS[verdict.verdict]
    terms = story.terms(verdict.stage)
    half_over = 2 * terms.clock.seconds(story.now, verdict.deadline) <= terms.within
    return story.left(verdict), "warn" if half_over else "calm"


def _lines(story: Story, verdict: StageVerdict, by_this_mail: bool = False) -> Iterator[str]:
    yield from _limit(story, verdict)
    done = DONE[verdict.stage].capitalize()
    lateness = show_late(verdict.late_seconds, verdict.deadline, story.terms(verdict.stage))
    late = f", {lateness} late" if verdict.late_seconds else ""
    if verdict.done_at is not None:
        yield f"{done} {story.time(verdict.done_at)}{late}"
    elif verdict.verdict == "not_required":
        yield _why_not_required(story)
    elif late:
        yield f"{done} with this mail{late}" if by_this_mail else f"Not {done.lower()} until now{late}"
    if verdict.verdict == "excused":
        yield from _excuses(story, verdict.stage)


def _limit(story: Story, verdict: StageVerdict) -> Iterator[str]:
    """When it is due, and what is not plain about that: the business hours, and the pauses."""
    terms = story.terms(verdict.stage)
    if isinstance(terms.clock, BusinessHours):
        yield f"Limit: {story.formats.weekday(verdict.deadline)}, {story.time(verdict.deadline)}"
        yield f"Counted in business hours: {way_in_a_line(story.steps(verdict), terms, story.formats)}"
    else:
        yield f"Limit: {story.time(verdict.deadline)}"
    moved = terms.clock.seconds(verdict.deadline_without_pauses, verdict.deadline)
    if moved:
        yield f"The limit moved by {show_counted(moved, terms)}, for as long as the clock was paused"


def deadline_steps(story: Story, verdict: StageVerdict) -> tuple[str, ...]:
    """How the limit came about, step by step."""
    began = "last heard from" if story.case.incident.failure is None else "it reported a failure"
    return steps_in_words(story.steps(verdict), story.terms(verdict.stage), began, story.formats)


def _why_not_required(story: Story) -> str:
    if story.restored_at is not None:
        return "The device was back before then"
    return "The device was retired before then"


def _excuses(story: Story, stage: str) -> Iterator[str]:
    for excuse in story.case.excuses:
        if excuse.stage == stage and excuse.counts:
            assert excuse.approved_at is not None
            reason, at = show_reason(excuse.reason), story.time(excuse.approved_at)
            yield f"Excused by {excuse.approved_by}: {reason}, {at}"


def _refund_due(story: Story, verdict: StageVerdict) -> Iterator[str]:
    """What a broken promise earns the client, and on which statement it will stand."""
    if verdict.verdict != "broken":
        return
    terms = story.terms(verdict.stage)
    earned = show_stage_refund(terms, story.case.contract)
    if earned is None:
        yield "No refund is agreed for this promise"
        return
    month = period_of(verdict.deadline, story.zone)
    last = period_of(verdict.deadline + verdict.late_seconds, story.zone)
    spread = terms.late is not None and last != month
    where = f"the statements from {story.formats.period(month)} on" if spread else _statement(story, month)
    cap = story.formats.percent(story.case.contract.refund_cap_bps)
    limit = f"whose refunds come to at most {cap} of a month's fee"
    yield f"Your refund: {earned}. It will stand on {where}, {limit}"


def _statement(story: Story, month: str) -> str:
    return f"your statement for {story.formats.period(month)}"
