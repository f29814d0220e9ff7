"""`makegood simulate`: a tape as a file, and everything that comes of it in a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from makegood.rules.proof import first_difference
from makegood_cli.main import cli
from makegood_simulator import people, promises

ROOT = Path(__file__).parents[2]
TAPE = ROOT / "tapes/january.jsonl"
CONTRACT = ROOT / "contracts/acme-dental.yaml"
COMMAND = [sys.executable, "-c", "from makegood_cli.main import main; main()", "simulate"]

Simulate = Callable[..., Result]


def a_line(at: str, do: str, **fields: Any) -> str:
    return json.dumps({"at": f"2026-01-{at}Z", "do": do, **fields})


ENROLLED = a_line("01T05:00:00", "enroll", device="modem", kind="router", grace="180s")
BEATS = a_line("01T05:01:00", "beat", device="modem", every="60s", until="2026-01-01T09:00:00Z")


def makegood(*arguments: str | Path, exits: int = 0) -> Result:
    """Runs the command and sees that it ends with this status, without a traceback."""
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    assert result.exit_code == exits, result.output
    return result


@pytest.fixture
def simulate(tmp_path: Path) -> Simulate:
    """Plays a tape into the folder `out`."""

    def run(tape: Path | list[str], *more: str, contract: Path = CONTRACT, exits: int = 0) -> Result:
        if isinstance(tape, list):
            (tmp_path / "tape.jsonl").write_text("\n".join(tape))
            tape = tmp_path / "tape.jsonl"
        out = tmp_path / "out"
        return makegood("simulate", tape, "--contract", contract, "--out", out, *more, exits=exits)

    return run


@pytest.fixture(scope="module")
def january(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the example that the README shows, and what the command says about it."""
    out = tmp_path_factory.mktemp("january") / "out"
    return out, makegood("simulate", TAPE, "--contract", CONTRACT, "--out", out).stdout


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_tape_comes_to_what_was_worked_out_by_hand(january: tuple[Path, str]) -> None:
    out, said = january
    # 10 % of 2,400.00 for the repair and 2 % for each of the 4 hours begun after its limit.
    (row,) = [line for line in said.splitlines() if line.startswith("2026-01")]
    assert [cell.strip() for cell in row.split("   ") if cell.strip()] == [
        "2026-01",
        "2 kept, 1 broken",
        "none",
        "$432.00",
        "$1,968.00",
    ]
    assert said.splitlines()[-1] == "Every promise held."
    statement = json.loads((out / "2026-01/statement.json").read_text())
    assert [(stage["stage"], stage["verdict"], stage["late_seconds"]) for stage in statement["stages"]] == [
        ("notify", "kept", 0),
        ("plan", "kept", 0),
        ("repair", "broken", 11_100),  # 08:15 to 11:20
    ]
    assert first_difference(statement) is None
    assert "$432.00" in (out / "2026-01/statement.html").read_text()


def test_mails_lie_in_the_order_of_sending_and_can_be_opened(january: tuple[Path, str]) -> None:
    mails = sorted((january[0] / "mails").iterdir())
    assert [mail.name for mail in (mails[0], mails[-1])] == [
        "0001-20260112T041930Z-notice-front-desk@acme.example.eml",
        "0021-20260203T140001Z-statement-owner@acme.example.eml",
    ]
    letters = [message_from_bytes(mail.read_bytes(), policy=policy.default) for mail in mails]
    kinds = [letter.get_content_type() for letter in letters]
    assert kinds == [
        *["multipart/alternative"] * 20,
        "multipart/mixed",
    ]  # the statement has its files with it
    body = letters[-1].get_body(("html",))
    assert body is not None
    assert "$1,968.00" in body.get_content()


def test_the_log_tells_what_happened_line_by_line(january: tuple[Path, str]) -> None:
    log = [json.loads(line) for line in (january[0] / "log.jsonl").read_text().splitlines()]
    assert [entry["at"] for entry in log] == sorted(entry["at"] for entry in log)
    assert log[0] == {"at": "2026-01-01T05:00:00Z", "what": "tape", "line": 2, "do": "enroll"}
    told = [f"{entry['at'][:16]} {entry['what']}" for entry in log if "whom" in entry]
    assert told[:3] == [
        "2026-01-12T04:19 incident opened",
        "2026-01-12T11:16 restored",
        "2026-01-12T11:20 incident closed",
    ]


def test_the_summary_is_there_for_programs_too(simulate: Simulate, tmp_path: Path) -> None:
    summary = json.loads(simulate(TAPE, "--json").stdout)
    assert summary == json.loads((tmp_path / "out/summary.json").read_text())
    assert summary["statements"] == [
        {
            "period": "2026-01",
            "stages": {"kept": 2, "broken": 1},
            "still_late": 0,
            "practices": {},
            "currency": "USD",
            "refund_cents": 43_200,
            "due_cents": 196_800,
        }
    ]
    assert (summary["incidents"], summary["mails"], summary["faults"]) == (1, 21, {})


def test_the_same_seed_plays_the_same_in_another_process_without_an_account(
    simulate: Simulate, tmp_path: Path
) -> None:
    first = json.loads(simulate(TAPE, "--faults", "6", "--json").stdout)
    assert first["faults"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    arguments = [str(TAPE), "--contract", str(CONTRACT), "--out", str(tmp_path / "again"), "--faults", "6"]
    subprocess.run([*COMMAND, *arguments], env=environment, check=True, capture_output=True)
    second = json.loads((tmp_path / "again/summary.json").read_text())
    assert second["fingerprint"] == first["fingerprint"]
    assert files(tmp_path / "again") == files(tmp_path / "out")
    other = json.loads(simulate(TAPE, "--faults", "7", "--json").stdout)
    assert other["fingerprint"] != first["fingerprint"]


def test_every_beat_comes_to_the_same_as_the_beats_that_matter(simulate: Simulate, tmp_path: Path) -> None:
    tape = [ENROLLED, BEATS]
    quick = json.loads(simulate(tape, "--json").stdout)
    whole = json.loads(simulate(tape, "--every-beat", "--json").stdout)
    canary = whole["invocations"]["CanaryFunction"] + 1  # the first time it is unknown, and enrols itself
    assert whole["invocations"]["HeartbeatFunction"] == 240 + canary
    assert quick["invocations"]["HeartbeatFunction"] < 5
    assert whole["incidents"] == quick["incidents"] == 0


def test_without_a_moment_of_issue_there_is_no_statement(simulate: Simulate) -> None:
    said = simulate([ENROLLED, BEATS]).stdout
    assert said.startswith("No statement was issued: the tape ends before the first moment of issue.")


# --- what is wrong is named ---


def test_everything_that_is_wrong_with_the_files_is_named(simulate: Simulate, tmp_path: Path) -> None:
    contract = tmp_path / "contract.yaml"
    contract.write_text(CONTRACT.read_text().replace("USD", "US$").replace("New_York", "New York"))
    tape = [ENROLLED, a_line("01T04:00:00", "beat", device="moden"), '{"do": "dance"}']
    said = simulate(tape, contract=contract, exits=2).stderr.splitlines()
    assert [line.removeprefix(f"{tmp_path}/").split(": must")[0] for line in said] == [
        "contract.yaml: line 4: timezone",
        "contract.yaml: line 5: currency",
        "tape.jsonl: line 2: at",
        "tape.jsonl: line 2: device",
        "tape.jsonl: line 3: do",
    ]
    assert not (tmp_path / "out").exists()


def test_files_that_cannot_be_read_are_named(simulate: Simulate, tmp_path: Path) -> None:
    said = simulate(tmp_path / "no.jsonl", contract=tmp_path / "no.yaml", exits=2).stderr
    assert said.splitlines() == [
        f"{tmp_path}/no.yaml: cannot be read: No such file or directory",
        f"{tmp_path}/no.jsonl: cannot be read: No such file or directory",
    ]


def test_a_tape_tells_of_one_client(simulate: Simulate) -> None:
    terms = {**yaml.safe_load(CONTRACT.read_text()), "client": "other", "effective_from": "2026-02-01"}
    said = simulate([ENROLLED, a_line("02T05:00:00", "contract", terms=terms)], exits=2).stderr
    assert "line 2: terms.client: must be acme-dental, as in the contract file, got 'other'" in said


def test_a_plan_without_an_incident_is_an_error(simulate: Simulate) -> None:
    plan = a_line("01T06:00:00", "plan", device="modem", text="None.")
    result = simulate([ENROLLED, BEATS, plan], exits=2)
    assert result.stderr == "line 3: modem has no incident to plan\n"
    assert "Every promise held" not in result.stdout


def test_with_faults_it_is_only_noted(simulate: Simulate) -> None:
    plan = a_line("01T06:00:00", "plan", device="modem", text="None.")
    result = simulate([ENROLLED, BEATS, plan], "--faults", "1")
    assert result.stderr == "in vain, as things went wrong: line 3: modem has no incident to plan\n"


def test_terms_that_nobody_could_keep_are_an_error_with_their_reason(simulate: Simulate) -> None:
    terms = {**yaml.safe_load(CONTRACT.read_text()), "effective_from": "2026-02-01"}
    terms["outages"]["notify"]["within"] = "5m"
    said = simulate([ENROLLED, BEATS, a_line("02T05:00:00", "contract", terms=terms)], exits=2).stderr
    assert said.startswith("line 3: outages.notify.within: ")


def test_a_broken_promise_is_told_and_ends_with_1(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(promises, "compute", lambda _: {"due_cents": 0})
    result = simulate(TAPE, exits=1)
    assert result.stderr == "broken: acme-dental/2026-01/statement.json is not what its facts come to\n"
    assert "Every promise held" not in result.stdout
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert len(summary["broken_promises"]) == 1


def test_an_incident_is_waited_for_a_while(simulate: Simulate) -> None:
    assert people.PATIENCE == 2 * 3_600_000
    early = a_line("01T08:00:00", "take", device="modem")  # it falls silent at nine
    later = a_line("01T12:00:00", "beat", device="modem")
    simulate([ENROLLED, BEATS, early, later])


# --- the folder ---


def test_an_earlier_play_is_replaced_as_a_whole(simulate: Simulate, tmp_path: Path) -> None:
    simulate(TAPE)
    simulate([ENROLLED, BEATS])
    assert files(tmp_path / "out") == ["log.jsonl", "summary.json"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["log.jsonl", "summary.json"]


@pytest.mark.parametrize("strange", ["notes.txt", "mails/letter.eml", "2026-01/extra.json", "log.jsonl/x"])
def test_a_folder_with_anything_else_in_it_is_left_alone(
    simulate: Simulate, tmp_path: Path, strange: str
) -> None:
    file = tmp_path / "out" / strange
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    said = " ".join(simulate([ENROLLED, BEATS], exits=2).stderr.split())
    assert "is not empty" in said
    assert files(tmp_path / "out") == [strange]


def test_a_link_to_elsewhere_is_not_followed(simulate: Simulate, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mails").symlink_to(tmp_path / "elsewhere")
    assert "is not empty" in " ".join(simulate([ENROLLED, BEATS], exits=2).stderr.split())


def test_a_file_is_no_folder(simulate: Simulate, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    assert "cannot be used" in " ".join(simulate([ENROLLED, BEATS], exits=2).stderr.split())
    assert (tmp_path / "out").read_text() == "mine"


# --- the README ---


def test_the_readme_shows_the_tape_and_what_it_comes_to(january: tuple[Path, str]) -> None:
    readme = (ROOT / "README.md").read_text()
    assert TAPE.read_text() in readme
    by_the_machine = ("Took", "All of it", "Calls to AWS")
    shown = [line.rstrip() for line in january[1].splitlines() if not line.startswith(by_the_machine)]
    assert [line for line in shown if line not in readme] == []
