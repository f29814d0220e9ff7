"""A tape is read as a whole: every line's meaning, or every mistake with its line and field."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makegood.rules.evidence import PRACTICES
from makegood.rules.instants import parse_instant
from makegood_simulator.tape import (
    Answer,
    Approve,
    Ask,
    Beat,
    Bounce,
    Contract,
    Decide,
    Dispute,
    Enroll,
    Evidence,
    Excuse,
    Fail,
    Issue,
    Line,
    Pause,
    Plan,
    Repair,
    Resume,
    Retire,
    Revoke,
    Take,
)
from makegood_simulator.tape_file import PARTS, TapeError, parse_tape, write_tape

FIVE = "2026-03-01T05:00:00Z"
SIX = "2026-03-01T06:00:00Z"
AT_FIVE, AT_SIX = parse_instant(FIVE), parse_instant(SIX)

A_DURATION = "must be a duration such as 15m (a whole number of s, m, h or d, up to 3650d)"

TERMS = {
    "client": "acme-dental",
    "name": "Acme Dental Group",
    "timezone": "UTC",
    "currency": "USD",
    "monthly_fee": "2400.00",
    "effective_from": "2026-03-01",
    "contacts": {"outages": ["owner@acme.example"], "statements": ["owner@acme.example"]},
    "statement": {"day": 3, "hour": 9},
}


def a_line(do: str, /, at: str = SIX, **fields: Any) -> str:
    return json.dumps({"at": at, "do": do, **fields})


def an_enrolment(device: str = "modem", **fields: Any) -> str:
    return a_line("enroll", FIVE, **{"device": device, "kind": "router", "grace": "180s", **fields})


def a_tape(*lines: str) -> str:
    """A tape that enrolls the modem in its first line."""
    return "\n".join([an_enrolment(), *lines])


def problems_of(text: str) -> list[str]:
    with pytest.raises(TapeError) as refused:
        parse_tape(text)
    return [str(problem) for problem in refused.value.problems]


# What lines mean.


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (
            a_line("beat", device="modem", every="60s", until="2026-03-02T06:00:00Z"),
            Beat(at=AT_SIX, number=2, device="modem", every=60, until=AT_SIX + 86_400),
        ),
        (a_line("beat", device="modem", seen=[]), Beat(at=AT_SIX, number=2, device="modem")),
        (
            a_line(
                "evidence", device="modem", practice="backup", facts={"bytes": None}, every="1d", until=SIX
            ),
            Evidence(
                at=AT_SIX,
                number=2,
                device="modem",
                practice="backup",
                facts={"bytes": None},
                every=86_400,
                until=AT_SIX,
            ),
        ),
        (a_line("take", device="modem"), Take(at=AT_SIX, number=2, device="modem")),
        (
            a_line("plan", device="modem", text="Swap."),
            Plan(at=AT_SIX, number=2, device="modem", text="Swap."),
        ),
        (
            a_line("repair", device="modem", text="Swapped."),
            Repair(at=AT_SIX, number=2, device="modem", text="Swapped."),
        ),
        (
            a_line("pause", device="modem", reason="No key."),
            Pause(at=AT_SIX, number=2, device="modem", reason="No key."),
        ),
        (a_line("resume", device="modem"), Resume(at=AT_SIX, number=2, device="modem")),
        (
            a_line("excuse", device="modem", stage="plan", reason="Flood.", approved_by="owner"),
            Excuse(at=AT_SIX, number=2, device="modem", stage="plan", reason="Flood.", approved_by="owner"),
        ),
        (
            a_line("bounce", contact="owner@acme.example"),
            Bounce(at=AT_SIX, number=2, contact="owner@acme.example"),
        ),
        (a_line("retire", device="modem"), Retire(at=AT_SIX, number=2, device="modem")),
        (a_line("contract", terms=TERMS), Contract(at=AT_SIX, number=2, terms=TERMS)),
        (a_line("issue", period="2026-03"), Issue(at=AT_SIX, number=2, period="2026-03")),
        (
            a_line("fail", part="sweep", until="2026-03-01T06:30:00Z"),
            Fail(at=AT_SIX, number=2, part="sweep", until=AT_SIX + 1800),
        ),
    ],
)
def test_a_line_is_read_as_what_it_says(written: str, line: Line) -> None:
    assert parse_tape(a_tape(written))[1:] == [line]


def test_an_enrolment_may_be_seen_by_a_device_and_promise_practices() -> None:
    printer = an_enrolment("printer", kind="printer", grace="5m", via="modem", practices=["backup"])
    beat = a_line("beat", device="modem", seen=["printer"])
    assert parse_tape(a_tape(printer, beat)) == [
        Enroll(at=AT_FIVE, number=1, device="modem", kind="router", grace_seconds=180),
        Enroll(
            at=AT_FIVE,
            number=2,
            device="printer",
            kind="printer",
            grace_seconds=300,
            via="modem",
            practices=("backup",),
        ),
        Beat(at=AT_SIX, number=3, device="modem", seen=("printer",)),
    ]


def test_empty_lines_and_comments_say_nothing_but_are_counted() -> None:
    lines = parse_tape(
        f"# a quiet day\n\n{an_enrolment()}\r\n   \n  # and a beat\n{a_line('beat', device='modem')}\n"
    )
    assert [line.number for line in lines] == [3, 6]


def test_null_is_absent() -> None:
    written = an_enrolment(via=None, practices=None)
    assert parse_tape(written) == parse_tape(an_enrolment())


def test_a_stretch_may_outlast_its_device_and_the_device_may_be_excused_and_resumed_after_it() -> None:
    parse_tape(
        a_tape(
            a_line("beat", FIVE, device="modem", every="60s", until="2026-04-01T00:00:00Z"),
            a_line("retire", device="modem"),
            a_line("resume", device="modem"),
            a_line("excuse", device="modem", stage="repair", reason="Gone.", approved_by="owner"),
        )
    )


# What is refused.


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (a_line("beat", device="modem", every="soon", until=SIX), "every: must be a duration such as 15m"),
        (a_line("beat", device="modem", every=60, until=SIX), "every: must be a duration such as 15m"),
        (a_line("beat", device="modem", every="0s", until=SIX), "every: must be longer than nothing"),
        (a_line("beat", device="modem", every="60s"), "until: must be there as every is"),
        (a_line("beat", device="modem", until=SIX), "every: must be there as until is"),
        (a_line("evidence", device="modem", practice="backup", facts={}, every="1d"), "until: must be there"),
        (
            a_line("beat", device="modem", every="1s", until="2026-03-01T05:59:59Z"),
            "until: must be 2026-03-01T06:00:00Z or later, got '2026-03-01T05:59:59Z'",
        ),
        (
            a_line("fail", part="mail", until="2026-03-01T05:59:59Z"),
            "until: must be 2026-03-01T06:00:00Z or later, got '2026-03-01T05:59:59Z'",
        ),
        (a_line("fail", part="mail"), "until: must be an instant such as"),
        (
            a_line("fail", part="mial", until=SIX),
            "part: must be one of sweep, evaluator, mail, api, got 'mial' (did",
        ),
        (a_line("beat", "2026-03-01T05:00:00.5Z", device="modem"), "at: must be an instant such as"),
        (
            a_line("beat", "2026-03-01T04:59:59Z", device="modem"),
            "at: must be 2026-03-01T05:00:00Z as in line 1",
        ),
        (a_line("beat", device="Modem"), "device: must be the name of a device"),
        (a_line("beat"), "device: must be the name of a device"),
        (
            a_line("beat", device="modme"),
            "device: must be a device that is enrolled before, got 'modme' (did you mean modem?)",
        ),
        (
            a_line("beat", device="modem", seen=["printer"]),
            "seen[0]: must be a device that is enrolled before with",
        ),
        (
            a_line("beat", device="modem", seen=["modem"]),
            "seen[0]: must be a device that is enrolled before with",
        ),
        (a_line("beat", device="modem", seen=["Printer"]), "seen[0]: must be the name of a device"),
        (a_line("beat", device="modem", evry="60s"), "evry: is not known here (did you mean every?)"),
        (a_line("take", device="modem", text="Mine."), "text: is not known here"),
        (
            a_line("evidence", device="modem", practice="backups", facts={}),
            "practice: must be one of patching",
        ),
        (a_line("evidence", device="modem", practice="backup", facts=[]), "facts: must be an object"),
        (a_line("evidence", device="modem", practice="backup"), "facts: must be an object, got nothing"),
        (
            a_line("evidence", device="modem", practice="backup", facts={"byts": 1}),
            "facts.byts: is not a fact of backup (did you mean bytes?)",
        ),
        (
            a_line("evidence", device="modem", practice="log_review", facts={"failed_units": 1}),
            "facts.reviewed: must be true or false, got nothing",
        ),
        (a_line("plan", device="modem", text=" "), "text: must be a text that is not empty"),
        (a_line("pause", device="modem"), "reason: must be a text that is not empty"),
        (
            a_line("excuse", device="modem", stage="fix", reason="r", approved_by="o"),
            "stage: must be one of notify, plan, repair",
        ),
        (a_line("excuse", device="modem", stage="plan", reason="r"), "approved_by: must be a text"),
        (
            a_line("bounce", contact="owner"),
            "contact: must be an address such as owner@acme.example, got 'owner'",
        ),
        (a_line("issue", period="2026-13"), "period: must be a month such as 2026-03, got '2026-13'"),
        (a_line("contract"), "terms: must be an object with client"),
        (a_line("contract", terms={**TERMS, "monthly_fee": 2.5}), "terms.monthly_fee: must be an amount"),
        (an_enrolment(), "device: modem is enrolled already, in line 1"),
        (
            an_enrolment("printer", via="modme"),
            "via: must be a device that is enrolled before, got 'modme' (did",
        ),
        (an_enrolment("printer", via="printer"), "via: must be a device that is enrolled before"),
        (an_enrolment("printer", kind=""), "kind: must be 1 to 32 of a-z"),
        (an_enrolment("printer", grace="0s"), "grace: must be longer than nothing"),
        (an_enrolment("printer", practices=["backup", "x"]), "practices[1]: must be one of patching"),
        (a_line("rest", device="modem"), "do: must be one of enroll, beat, evidence"),
        ('{"at": "2026-03-01T06:00:00Z"}', "do: must be one of enroll, beat, evidence"),
        ("[]", "must be an object with at and do, got []"),
        ("{", "is not JSON, at character 2"),
        ('{"do": "take", "do": "plan"}', "do is there twice in one object"),
        (
            a_line("evidence", practice="backup", facts=0).replace("0}", '{"a": {"b": 1, "b": 2}}}'),
            "b is there twice",
        ),
        (a_line("evidence", facts=float("nan")), "NaN is not a number that can be kept"),
        (a_line("evidence", facts=0).replace("0}", "1e999}"), "1e999 is not a number that can be kept"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_field(written: str, problem: str) -> None:
    [found] = problems_of(a_tape(written))
    assert found.startswith(f"line 2: {problem}")


def test_an_unknown_deed_is_guessed_at() -> None:
    [found] = problems_of(a_tape(a_line("repare", device="modem", text="Swapped.")))
    assert found.endswith("got 'repare' (did you mean repair?)")


def test_every_mistake_of_every_line_is_named_once() -> None:
    assert problems_of(
        "\n".join(
            [
                a_line("beat", SIX, device="server", every="0s", until=FIVE, zoom=1),
                an_enrolment(grace="3"),
                a_line("beat", device="modem", every="soon", until=SIX),
                "}",
            ]
        )
    ) == [
        "line 1: zoom: is not known here; known are at, do, device, every, until, seen",
        "line 1: every: must be longer than nothing, got '0s'",
        "line 1: until: must be 2026-03-01T06:00:00Z or later, got '2026-03-01T05:00:00Z'",
        "line 1: device: must be a device that is enrolled before, got 'server'",
        f"line 2: grace: {A_DURATION}, got '3'",
        "line 2: at: must be 2026-03-01T06:00:00Z as in line 1, or later, got '2026-03-01T05:00:00Z'",
        f"line 3: every: {A_DURATION}, got 'soon'",
        "line 4: is not JSON, at character 1: Expecting value",
    ]


def test_a_beat_sees_only_what_its_own_device_vouches_for() -> None:
    server = an_enrolment("server")
    printer = an_enrolment("printer", via="modem")
    [found] = problems_of(a_tape(server, printer, a_line("beat", device="server", seen=["printer"])))
    assert found == "line 4: seen[0]: must be a device that is enrolled before with via server, got 'printer'"


def test_a_device_is_enrolled_before_it_is_named_even_at_the_same_instant() -> None:
    beat = a_line("beat", FIVE, device="modem")
    parse_tape(f"{an_enrolment()}\n{beat}")
    [found] = problems_of(f"{beat}\n{an_enrolment()}")
    assert found == "line 1: device: must be a device that is enrolled before, got 'modem'"


@pytest.mark.parametrize(
    "written",
    [
        a_line("beat", device="modem"),
        a_line("take", device="modem"),
        a_line("pause", device="modem", reason="No key."),
        a_line("evidence", device="modem", practice="backup", facts={}),
        a_line("retire", device="modem"),
    ],
)
def test_a_retired_device_does_nothing_any_more(written: str) -> None:
    assert problems_of(a_tape(a_line("retire", device="modem"), written)) == [
        "line 3: device: modem is retired, in line 2"
    ]


def test_a_retired_device_vouches_for_nothing_new_and_its_name_stays_taken() -> None:
    retired = a_line("retire", FIVE, device="modem")
    assert problems_of(a_tape(retired, an_enrolment("printer", via="modem"), an_enrolment())) == [
        "line 3: via: modem is retired, in line 2",
        "line 4: device: modem is enrolled already, in line 1",
    ]


@pytest.mark.parametrize("text", ["", "\n", "# nothing happens\n"])
def test_an_empty_tape_is_refused(text: str) -> None:
    assert problems_of(text) == ["the tape must have a line, got none"]


# What is written is what was read.


def test_what_is_absent_is_not_written() -> None:
    beat = parse_tape(a_tape(a_line("beat", device="modem", every=None, until=None, seen=[])))[1:]
    assert write_tape(beat) == '{"at": "2026-03-01T06:00:00Z", "do": "beat", "device": "modem"}\n'


def test_what_no_file_can_hold_is_not_written() -> None:
    line = Evidence(at=AT_FIVE, device="modem", practice="backup", facts={"size": float("inf")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_tape([line])


NAMES = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
TEXTS = st.text(min_size=1).filter(str.strip)
FACTS = st.fixed_dictionaries({}, optional={"source": st.text(max_size=200), "undetermined": st.none()})
NOT_REVIEWS = [practice for practice in PRACTICES if practice != "log_review"]
SECONDS = st.integers(1, 3650 * 86_400)


class Tape:
    """Draws a tape line by line, each of which may stand where it does."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.at = AT_FIVE
        self.lines: list[Line] = []
        self.via: dict[str, str | None] = {}
        self.active: list[str] = []

    def add(self) -> None:
        self.at += self.draw(st.integers(0, 100_000))
        if self.draw(st.booleans()) and self.active:
            device = self.draw(st.sampled_from(self.active))
            self.lines.append(self.draw(self._of_device(device)))
            if isinstance(self.lines[-1], Retire):
                self.active.remove(device)
        else:
            self.lines.append(self.draw(self._enrolment() | self._other()))
            enrolled = self.lines[-1]
            if isinstance(enrolled, Enroll):
                self.via[enrolled.device] = enrolled.via
                self.active.append(enrolled.device)

    def _enrolment(self) -> st.SearchStrategy[Line]:
        return st.builds(
            Enroll,
            at=st.just(self.at),
            device=NAMES.filter(lambda name: name not in self.via),
            kind=NAMES,
            grace_seconds=SECONDS,
            via=st.sampled_from([None, *self.active]),
            practices=st.lists(st.sampled_from(PRACTICES), unique=True).map(tuple),
        )

    def _other(self) -> st.SearchStrategy[Line]:
        at = st.just(self.at)
        return st.one_of(
            st.builds(Bounce, at=at, contact=st.just("owner@acme.example")),
            st.builds(Contract, at=at, terms=st.sampled_from([TERMS, {**TERMS, "refund_cap": "50%"}])),
            st.builds(Issue, at=at, period=st.sampled_from(["2026-03", "2027-12"])),
            st.builds(Fail, at=at, part=st.sampled_from(PARTS), until=self._until()),
        )

    def _of_device(self, device: str) -> st.SearchStrategy[Line]:
        at, name = st.just(self.at), st.just(device)
        seen = [other for other, via in self.via.items() if via == device]
        stretch = self.draw(
            st.just({"every": None, "until": None})
            | st.fixed_dictionaries({"every": SECONDS, "until": self._until()})
        )
        return st.one_of(
            st.builds(
                Beat,
                at=at,
                device=name,
                every=st.just(stretch["every"]),
                until=st.just(stretch["until"]),
                seen=st.lists(st.sampled_from(seen)).map(tuple) if seen else st.just(()),
            ),
            st.builds(
                Evidence,
                at=at,
                device=name,
                practice=st.sampled_from(NOT_REVIEWS),
                facts=FACTS,
                every=st.just(stretch["every"]),
                until=st.just(stretch["until"]),
            ),
            st.builds(Take, at=at, device=name),
            st.builds(Plan, at=at, device=name, text=TEXTS),
            st.builds(Repair, at=at, device=name, text=TEXTS),
            st.builds(Pause, at=at, device=name, reason=TEXTS),
            st.builds(Resume, at=at, device=name),
            st.builds(
                Excuse,
                at=at,
                device=name,
                stage=st.sampled_from(["notify", "plan", "repair"]),
                reason=TEXTS,
                approved_by=TEXTS,
            ),
            st.builds(Answer, at=at, device=name, text=TEXTS),
            st.builds(
                Ask,
                at=at,
                device=name,
                stage=st.sampled_from(["notify", "plan", "repair"]),
                reason=st.sampled_from(["client_caused", "third_party"]),
                evidence=TEXTS,
            ),
            st.builds(
                Approve,
                at=at,
                device=name,
                stage=st.sampled_from(["notify", "plan", "repair"]),
                by=st.sampled_from(["client", "colleague"]),
            ),
            st.builds(Revoke, at=at, device=name, stage=st.just("plan"), because=TEXTS),
            st.builds(
                Dispute, at=at, device=name, about=st.sampled_from(["pause", "plan", "incident"]), text=TEXTS
            ),
            st.builds(Decide, at=at, device=name, upheld=st.booleans(), because=TEXTS),
            st.builds(Retire, at=at, device=name),
        )

    def _until(self) -> st.SearchStrategy[int]:
        return st.integers(self.at, self.at + 100_000_000)


@st.composite
def tapes(draw: st.DrawFn) -> list[Line]:
    tape = Tape(draw)
    for _ in range(draw(st.integers(1, 12))):
        tape.add()
    return tape.lines


@settings(max_examples=60, deadline=None)
@given(tapes())
def test_a_tape_that_is_written_is_read_back_as_it_was(lines: list[Line]) -> None:
    read = parse_tape(write_tape(lines))
    assert [line.number for line in read] == list(range(1, len(lines) + 1))
    assert [replace(line, number=0) for line in read] == lines
