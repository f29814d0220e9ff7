"""What a line of a tape owes to the lines before it: their order, and devices that are there to be named."""

from __future__ import annotations

from makegood.rules.instants import format_instant
from makegood.rules.shapes import Problem, did_you_mean
from makegood.rules.values import must_be
from makegood_simulator.tape import (
    Announce,
    AnnounceWeekly,
    Answer,
    Approve,
    Ask,
    Beat,
    Call,
    Decide,
    DeviceLine,
    Dispute,
    Enroll,
    Excuse,
    Line,
    Resume,
    Retire,
    Return,
    Revoke,
)

AFTERWARDS = (Answer, Approve, Ask, Call, Decide, Dispute, Excuse, Resume, Return, Revoke)
"""What can still be done about the last outage of a device that is retired."""


class Course:
    """The tape so far. What could not be read of a line is None and is passed over."""

    def __init__(self) -> None:
        self._latest: Line | None = None
        self._enrolled: dict[str, Enroll] = {}
        self._retired: dict[str, Retire] = {}

    def follow(self, line: Line, problems: list[Problem]) -> None:
        """Goes on to this line, noting what is wrong with it here."""
        if line.at is not None:
            self._keep_order(line, problems)
        if isinstance(line, Enroll):
            self._enroll(line, problems)
        elif isinstance(line, DeviceLine):
            # An incident outlives its device: it can still be excused, told of, and its pause ended.
            self._look_up("device", line.device, problems, may_be_retired=isinstance(line, AFTERWARDS))
        if isinstance(line, Announce | AnnounceWeekly):
            for index, device in enumerate(line.devices):
                if device != "*":
                    self._look_up(f"devices[{index}]", device, problems, may_be_retired=False)
        if isinstance(line, Beat):
            self._look_at(line, problems)
        if isinstance(line, Retire):
            self._retired.setdefault(line.device, line)

    def _keep_order(self, line: Line, problems: list[Problem]) -> None:
        if self._latest is None or line.at >= self._latest.at:
            self._latest = line
            return
        earliest = f"{format_instant(self._latest.at)} as in line {self._latest.number}, or later"
        problems.append(Problem("at", must_be(earliest, format_instant(line.at))))

    def _enroll(self, line: Enroll, problems: list[Problem]) -> None:
        if line.via is not None:
            self._look_up("via", line.via, problems, may_be_retired=False)
        if line.device in self._enrolled:
            number = self._enrolled[line.device].number
            problems.append(Problem("device", f"{line.device} is enrolled already, in line {number}"))
        elif line.device is not None:
            self._enrolled[line.device] = line

    def _look_up(self, path: str, device: str, problems: list[Problem], *, may_be_retired: bool) -> None:
        if device is None:
            return
        if device not in self._enrolled:
            hint = did_you_mean(device, self._enrolled)
            problems.append(Problem(path, must_be("a device that is enrolled before", device) + hint))
        elif device in self._retired and not may_be_retired:
            number = self._retired[device].number
            problems.append(Problem(path, f"{device} is retired, in line {number}"))

    def _look_at(self, line: Beat, problems: list[Problem]) -> None:
        visible = [device for device, enrolled in self._enrolled.items() if enrolled.via == line.device]
        for index, device in enumerate(line.seen):
            if device is not None and device not in visible:
                wanted = f"a device that is enrolled before with via {line.device}"
                problems.append(
                    Problem(f"seen[{index}]", must_be(wanted, device) + did_you_mean(device, visible))
                )
