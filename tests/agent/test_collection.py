"""How evidence is collected beside the beats, survives being offline, and what bounds a collector."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from agent.asking import DAY, HOUR, shim
from agent.standin import ACCEPTED, TOKEN, Answer, answers, closed_port, door, ok, problem, wait_until

from makegood_agent import isolated
from makegood_agent.arguments import parse_options
from makegood_agent.beats import Agent
from makegood_agent.collection import Collected, Collection
from makegood_agent.collectors.tools import without_passwords
from makegood_agent.store import Store
from makegood_agent.wanted import parse_wanted
from pack import HERE, pack

if TYPE_CHECKING:
    from agent.conftest import Process

AnAgent = Callable[..., Agent]
Logged = Callable[[], list[str]]
Start = Callable[..., "Process"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

FACTS = {"ok": True, "source": "restic"}
EVIDENCE = {"device": "server", "practice": "backup", "facts": FACTS}
BACKUP = "backup=restic:/srv/backup"
NOON = 1_772_366_400  # 2026-03-01T12:00:00Z


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the next collectors find, in order; the last for ever."""
    answers: list[dict[str, Any]] = [{"facts": FACTS, "memory": None}]

    def collect(*_: object) -> dict[str, Any]:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    monkeypatch.setattr(isolated, "collect", collect)
    return answers


@pytest.mark.usefixtures("found")
def test_evidence_goes_out_once_with_the_next_beat(an_agent: AnAgent) -> None:
    with door() as server:
        agent = an_agent(server.url, "--collect", BACKUP)
        agent.options.collection.collect_all()
        agent.beat(0)
        agent.beat(0)
    assert server.bodies == [{"evidence": [EVIDENCE]}, {}]


@pytest.mark.usefixtures("found")
def test_once_collects_first_and_delivers_at_once(an_agent: AnAgent) -> None:
    with door() as server:
        assert an_agent(server.url, "--collect", BACKUP).once() == 0
    assert server.bodies == [{"evidence": [EVIDENCE]}]


def test_while_offline_only_the_newest_evidence_of_a_practice_is_kept(
    an_agent: AnAgent, found: list[dict[str, Any]]
) -> None:
    found[:] = [{"facts": {"ok": False}}, {"facts": FACTS}]
    with door(problem(503), ok) as server:
        agent = an_agent(server.url, "--collect", BACKUP)
        for _ in range(2):
            agent.options.collection.collect_all()
            agent.beat(0)
    assert [body["evidence"][0]["facts"] for body in server.bodies] == [{"ok": False}, FACTS]


@pytest.mark.usefixtures("found")
def test_what_was_not_delivered_survives_a_restart(
    an_agent: AnAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: NOON)
    state = ("--state", str(tmp_path))
    assert an_agent(f"http://127.0.0.1:{closed_port()}", "--collect", BACKUP, *state).once() == 1
    with door() as server:
        assert an_agent(server.url, *state).once() == 0
        assert an_agent(server.url, *state).once() == 0
    span = {"from": "2026-03-01T12:00:00Z", "to": "2026-03-01T12:00:00Z", "beats": 1}
    assert server.bodies == [{"evidence": [EVIDENCE], "offline": [span]}, {}]


@pytest.mark.parametrize(("age", "sent"), [(DAY, True), (DAY + 1, False), (-1, False)])
@pytest.mark.usefixtures("found")
def test_evidence_kept_for_more_than_a_day_proves_nothing_today(
    an_agent: AnAgent, monkeypatch: pytest.MonkeyPatch, age: int, sent: bool
) -> None:
    monkeypatch.setattr("time.time", lambda: NOON)
    with door() as server:
        agent = an_agent(server.url, "--collect", BACKUP)
        agent.options.collection.collect_all()
        monkeypatch.setattr("time.time", lambda: NOON + age)
        agent.beat(0)
    assert server.bodies == [{"evidence": [EVIDENCE]} if sent else {}]


def test_evidence_that_is_newer_than_what_was_just_delivered_is_not_lost(
    an_agent: AnAgent, found: list[dict[str, Any]]
) -> None:
    found[:] = [{"facts": {"ok": False}}, {"facts": FACTS}]
    with door() as server:
        agent = an_agent(server.url, "--collect", BACKUP)
        [part] = [part for part in agent.options.collection.parts if part.name == "backup"]
        agent.options.collection.collect_all()
        part.pending()
        agent.options.collection.collect_all()
        part.settle(True)
        agent.beat(0)
    assert server.bodies == [{"evidence": [EVIDENCE]}]


def test_a_bad_part_takes_no_good_one_with_it(
    an_agent: AnAgent, found: list[dict[str, Any]], logged: Logged
) -> None:
    found[:] = [{"facts": {"typo": True}}, {"facts": FACTS}]
    with door(problem(400), ok, problem(400), ok, ok) as server:
        agent = an_agent(server.url, "--collect", "patching", "--collect", BACKUP)
        agent.options.collection.collect_all()
        for _ in range(4):
            agent.beat(0)
    names = [[each["practice"] for each in body.get("evidence", [])] for body in server.bodies]
    assert names == [["patching", "backup"], [], ["backup"], [], ["patching"], []]
    assert any("evidence not taken" in line for line in logged())


def test_a_collector_learns_from_its_last_run_and_from_what_was_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    def collect(_wanted: object, memories: Any, _folder: object) -> dict[str, Any]:
        given.append(memories)
        return {"facts": FACTS, "memory": len(given)}

    monkeypatch.setattr(isolated, "collect", collect)
    wanted = parse_wanted(BACKUP)
    collected = Collection([wanted], Store(tmp_path), lambda: "server")
    [part] = [part for part in collected.parts if part.name == "backup"]
    collected.collect(wanted)
    collected.collect(wanted)
    assert part.pending() != []
    part.settle(True)
    collected.collect(wanted)
    assert given == [
        {"latest": None, "delivered": None},
        {"latest": 1, "delivered": None},
        {"latest": 2, "delivered": 2},
    ]


REFUSES = answers(200, {**ACCEPTED, "refused": ["server/backup"]})
TAKES_OTHERS = answers(200, {**ACCEPTED, "refused": ["server", "server/patching", "nas/backup"]})


@pytest.mark.parametrize(
    ("plan", "failed", "delivered"),
    [
        ([ok], False, 7),
        ([TAKES_OTHERS], False, 7),
        ([REFUSES], False, 3),
        ([problem(400), ok], False, 3),
        ([ok], True, 3),
    ],
)
def test_only_what_the_server_took_and_what_found_out_something_counts_as_delivered(
    an_agent: AnAgent, found: list[dict[str, Any]], plan: list[Answer], failed: bool, delivered: int
) -> None:
    found[0] = {"facts": FACTS, "memory": 7, "failed": failed}
    with door(*plan) as server:
        agent = an_agent(server.url, "--collect", BACKUP)
        agent.options.store.put("memory-backup", 3)
        agent.options.collection.collect_all()
        agent.beat(0)
        agent.beat(0)
    [part] = [part for part in agent.options.collection.parts if part.name == "backup"]
    assert part.memories() == {"latest": 7, "delivered": delivered}
    assert server.bodies[-1] == {}


def test_evidence_that_is_found_while_older_one_is_settled_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Store(None)
    part = Collected("backup", store, lambda: "server")
    part.keep({"facts": {"ok": False}})
    part.pending()
    get = store.get
    threads: list[threading.Thread] = []

    def interrupted(name: str) -> Any:
        value = get(name)
        if not threads:
            threads.append(threading.Thread(target=part.keep, args=({"facts": FACTS},)))
            threads[0].start()
            threads[0].join(0.3)
        return value

    monkeypatch.setattr(store, "get", interrupted)
    part.settle(True)
    threads[0].join()
    assert part.pending() == [EVIDENCE]


@pytest.mark.parametrize(("failed", "seconds"), [(False, 6 * HOUR), (True, 900)])
def test_what_found_out_nothing_is_tried_again_within_a_quarter_of_an_hour(
    found: list[dict[str, Any]], failed: bool, seconds: float
) -> None:
    found[0] = {"facts": {"undetermined": "all: offline"}, "failed": failed}
    wanted = parse_wanted(BACKUP)
    assert Collection([wanted], Store(None), lambda: "server").collect(wanted) == seconds


def test_changes_of_what_is_undetermined_are_logged_once(found: list[dict[str, Any]], logged: Logged) -> None:
    odd = {"facts": {"undetermined": "bytes: no idea"}}
    found[:] = [odd, odd, {"facts": FACTS}]
    wanted = parse_wanted(BACKUP)
    collected = Collection([wanted], Store(None), lambda: "server")
    for _ in range(4):
        collected.collect(wanted)
    assert logged() == ["backup: bytes: no idea", "backup: everything is determined again"]


def test_spans_of_life_end_where_the_agent_did_not_live(
    an_agent: AnAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [0, 60, 120, 120 + 181, 120 + 181 + 180, 0]
    with door(*[problem(503)] * 6, ok) as server:
        agent = an_agent(server.url)
        for each in times:
            monkeypatch.setattr("time.time", lambda each=each: NOON + each)
            agent.beat(0)
        agent.beat(0)
        agent.beat(0)
    assert server.bodies[-2:] == [
        {
            "offline": [
                {"from": "2026-03-01T12:00:00Z", "to": "2026-03-01T12:02:00Z", "beats": 3},
                {"from": "2026-03-01T12:05:01Z", "to": "2026-03-01T12:08:01Z", "beats": 2},
                {"from": "2026-03-01T12:00:00Z", "to": "2026-03-01T12:00:00Z", "beats": 1},
            ]
        },
        {},
    ]


def test_at_most_fifty_spans_are_kept_the_newest(an_agent: AnAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = an_agent("https://guard.example")
    for number in range(51):
        monkeypatch.setattr("time.time", lambda number=number: NOON + number * HOUR)
        agent.offline.missed()
    spans = agent.offline.pending()
    assert len(spans) == 50
    assert spans[0]["from"] == "2026-03-01T13:00:00Z"


def test_a_folder_that_cannot_be_written_costs_nothing_but_a_line(tmp_path: Path, logged: Logged) -> None:
    store = Store(tmp_path / "gone")
    store.put("offline", [1])
    store.put("offline", [2])
    assert store.get("offline") == [2]
    assert len(logged()) == 1
    (tmp_path / "gone").mkdir()
    store.put("offline", [3])
    assert Store(tmp_path / "gone").get("offline") == [3]
    assert logged()[1] == "state: no problem any more"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 10_000])
def test_a_spoiled_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "offline.json").write_bytes(content)
    assert Store(tmp_path).get("offline") is None


def test_a_value_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(tmp_path).put("offline", [1])

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", no_space)
    Store(tmp_path).put("offline", [2])
    monkeypatch.undo()
    assert Store(tmp_path).get("offline") == [1]
    assert os.listdir(tmp_path) == ["offline.json"]


# --- The process in which a collector runs


@pytest.fixture
def slow_restic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A restic that writes down its process id and then hangs, with a child; a place for scratch folders."""
    script = f"echo $$ >> {tmp_path}/pids; sleep 300 & echo $! >> {tmp_path}/pids; wait"
    shim(tmp_path / "bin", "restic", script)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    (tmp_path / "state").mkdir()
    return tmp_path


def pids(folder: Path) -> list[int]:
    file = folder / "pids"
    return [int(each) for each in file.read_text().split()] if file.exists() else []


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_collector_whose_time_is_up_ends_with_all_it_started_and_leaves_no_scratch(
    slow_restic: Path,
) -> None:
    wanted = parse_wanted(f"{BACKUP} timeout=4s")
    monotonic = time.monotonic()
    answer = isolated.collect(wanted, {"latest": 7, "delivered": 7}, slow_restic / "state")
    assert time.monotonic() - monotonic < 20
    assert answer["facts"]["undetermined"].endswith(("restic takes too long", "no answer within 4 seconds"))
    assert answer["failed"]
    wait_until(lambda: not any(map(is_alive, pids(slow_restic))))
    assert list((slow_restic / "state").iterdir()) == []


def test_a_collector_ends_when_its_agent_is_killed(slow_restic: Path, start: Start) -> None:
    with door() as server:
        agent = start(
            *("--url", server.url, "--token", TOKEN, "--every", "1"),
            *("--state", str(slow_restic / "state"), "--collect", BACKUP),
        )
        wait_until(lambda: len(pids(slow_restic)) == 2, 30)
        beats = len(server.received)
        server.wait_for_beats(beats + 2)
        assert agent.stop(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: not any(map(is_alive, pids(slow_restic))))
    wait_until(lambda: list((slow_restic / "state").iterdir()) == [])


def test_scratch_that_a_power_cut_left_is_swept_away(
    slow_restic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = slow_restic / "state"
    for name, age in (
        ("makegood-scratch-old", DAY + 60),
        ("makegood-scratch-new", HOUR),
        ("other", DAY + 60),
    ):
        (state / name).mkdir()
        os.utime(state / name, (time.time() - age, time.time() - age))
    isolated.sweep(state)
    assert sorted(os.listdir(state)) == ["makegood-scratch-new", "other"]


def test_a_collector_that_breaks_is_named_and_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated, "PROGRAM", tmp_path / "none")
    answer = isolated.collect(parse_wanted("patching"), {"latest": None, "delivered": None}, tmp_path)
    assert answer["facts"] == {"undetermined": "all: it ended without an answer"}


def test_print_shows_what_is_found_and_delivers_nothing(run: Run, tmp_path: Path) -> None:
    ended = run("--collect", f"backup=restic:{tmp_path}/none", "--collect", "quarantine", "--print")
    assert ended.returncode == 1
    shown = json.loads(ended.stdout)
    assert list(shown) == ["backup", "quarantine"]
    assert shown["backup"]["ok"] is None
    assert ended.stderr == ""


def test_passwords_in_addresses_are_not_shown(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim(tmp_path, "restic", 'echo "Fatal: cannot reach $RESTIC_REPOSITORY" >&2; exit 1')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    ended = run("--collect", "backup=restic:rest:https://tina:s3cret@backup.example/", "--print")
    assert "cannot reach rest:https://backup.example/" in ended.stdout
    assert "s3cret" not in ended.stdout


@pytest.mark.parametrize(
    "secret", ["tina", "tina:s3cret", "tina:p@ss", "tina:p@s@s", "tina:a/b", "tina:a/b@c/d", "tina:a//b"]
)
def test_nothing_of_a_password_is_shown_whatever_stands_in_it(secret: str) -> None:
    said = without_passwords(f"cannot reach 'rest:http://{secret}@host/x', nor sftp://{secret}@host: no")
    assert said == "cannot reach 'rest:http://host/x', nor sftp://host: no"


# --- Options


def test_options_can_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "agent.options"
    file.write_text(
        "# where Makegood answers\n--url https://guard.example\n--token a.b.c\n\n"
        f"--state {tmp_path}\n--once\n--see nas=tcp:nas:445\n"
        f'--collect {BACKUP} password-file="/etc/make good/restic" every=1h\n--collect patching\n'
    )
    options = parse_options([f"@{file}"])
    assert (options.url, options.once, len(options.neighbours)) == ("https://guard.example", True, 1)
    backup, patching = options.collection.wanted
    assert backup.source == "restic:/srv/backup"
    assert backup.settings == {"password-file": "/etc/make good/restic"}
    assert (backup.every, backup.seconds) == (HOUR, 900)
    assert (patching.practice, patching.source, patching.every) == ("patching", "", 6 * HOUR)


@pytest.mark.parametrize(
    ("text", "problem_named"),
    [
        ("", "collects one of patching, antivirus, quarantine, log_review, backup, restore_test"),
        ("backups", "collects one of"),
        ("backup", "needs one of restic:PLACE, borg:PLACE, windows after the ="),
        ("backup=restic", "needs one of"),
        ("backup=restic:", "needs one of"),
        ("backup=windows:C", "needs one of"),
        ("patching=yum", "needs one of apt, dnf, windows after the ="),
        ("patching password=x", "does not know 'password=x'; known are every=, timeout="),
        ("patching every=", "does not know 'every='"),
        ("patching every=6", "needs a duration such as 90s, 15m, 6h or 2d"),
        ("patching every=32d", "needs a duration"),
        ("patching every=0h", "needs a duration"),
        ("backup=borg:/b within=soon", "needs a duration"),
        ("restore_test=borg:/b at-most=1MB", "needs a number of bytes"),
        ("restore_test=borg:/b sha256=12", "needs 64 characters"),
        (f"restore_test=borg:/b sha256={'0' * 64}", "needs file= where there is sha256="),
    ],
)
def test_what_cannot_be_collected_is_named(text: str, problem_named: str) -> None:
    with pytest.raises(ValueError, match=r".+") as refused:
        parse_wanted(text)
    assert problem_named in str(refused.value)


def test_a_practice_is_collected_once_and_print_needs_one(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, problem_named in (
        (["--collect", "patching", "--collect", "patching=apt", "--print"], "repeated: patching"),
        (["--print"], "--print needs --collect"),
        (["--collect", "patching", "--print", "--state", "/none"], "--state must be a folder"),
    ):
        with pytest.raises(SystemExit):
            parse_options(arguments)
        assert problem_named in capsys.readouterr().err


# --- The packed file


def test_packing_twice_gives_the_same_bytes_whenever_the_sources_were_touched(tmp_path: Path) -> None:
    first = pack(tmp_path / "first.pyz").read_bytes()
    touched = HERE / "makegood_agent" / "main.py"
    before = touched.stat()
    os.utime(touched, (1, 1))
    try:
        assert pack(tmp_path / "second.pyz").read_bytes() == first
    finally:
        os.utime(touched, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_every_module_is_in_the_file_and_can_be_read_by_python_3_8(tmp_path: Path) -> None:
    with zipfile.ZipFile(pack(tmp_path / "agent.pyz")) as archive:
        names = archive.namelist()
        for name in names:
            ast.parse(archive.read(name), name, feature_version=(3, 8))
    assert "__main__.py" in names
    assert {"makegood_agent/beats.py", "makegood_agent/collectors/apt.py"} <= set(names)


def test_a_beating_agent_loads_no_collector(program: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import makegood_agent.arguments, makegood_agent.beats;"
        "print([name for name in sys.modules if name.startswith('makegood_agent.collectors')])"
    )
    said = subprocess.run(
        [sys.executable, "-I", "-c", code, str(program)], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
