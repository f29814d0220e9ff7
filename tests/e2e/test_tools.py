"""Pings over HTTP: the table of requests and answers, lines from the documents, and a real borgmatic."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.pings import CASES, Case
from support.typed import blocks_of

from makegood.rules.evidence import shows_done
from makegood.rules.tokens import SECRET_BYTES, make_token
from makegood_local.emulator import free_port
from makegood_local.stack import LocalStack
from makegood_local.story import contract_from_this_month, run_command, until

ROOT = Path(__file__).parents[2]
CLIENT = "acme-dental"
DOCUMENT = (ROOT / "docs/agents.md").read_text()
ADDRESS = "https://guard.example/ping/TOKEN"


@dataclass(frozen=True)
class Feed:
    """A practice feed of the stack, and the evidence that its pings left."""

    stack: LocalStack
    name: str
    token: str

    @property
    def url(self) -> str:
        return f"{self.stack.url}/ping/{self.token}"

    def evidence(self) -> dict[str, Any] | None:
        """The facts of the newest evidence that this feed brought, with what is kept of its record."""
        found = self.stack.client("dynamodb").query(
            TableName=self.stack.outputs["RecordsTable"],
            KeyConditionExpression="pk = :client AND begins_with(sk, :evidence)",
            ExpressionAttributeValues={":client": {"S": CLIENT}, ":evidence": {"S": "evidence#"}},
            ConsistentRead=True,
        )["Items"]
        told = [{**json.loads(item["facts"]["S"]), "kept": item.get("record", {}).get("S")} for item in found]
        mine = [facts for facts in told if facts["source"] == f"feed {self.name}"]
        return mine[-1] if mine else None

    def listed(self) -> dict[str, Any]:
        rows = json.loads(run_command(self.stack, "device", "list", CLIENT, "--json"))
        return next(row for row in rows if row.get("feed") == self.name)


@pytest.fixture(scope="module")
def acme(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> LocalStack:
    """A client whose servers have a backup to prove."""
    contract = contract_from_this_month(ROOT / "contracts/acme-dental.yaml", tmp_path_factory.mktemp("acme"))
    run_command(stack, "client", "apply", str(contract))
    return stack


@pytest.fixture
def feed(acme: LocalStack, request: pytest.FixtureRequest) -> Feed:
    """A server of its own for each test, and the feed that proves its backup."""
    name = re.sub(r"[^a-z]+", "-", request.node.name)[5:25].strip("-")
    server = ("--kind", "server", "--grace", "180s", "--practice", "backup")
    run_command(acme, "device", "enroll", CLIENT, f"{name}-srv", *server)
    wanted = ("--feed", "backup", "--for", f"{name}-srv", "--grace", "4h")
    enrolled = json.loads(run_command(acme, "device", "enroll", CLIENT, name, *wanted, "--json"))
    return Feed(acme, name, enrolled["token"])


def test_requests_are_answered_over_http_as_the_table_says(feed: Feed) -> None:
    wrong = make_token(CLIENT, feed.name, bytes(SECRET_BYTES))
    cases = [case for case in CASES if case.method != "OPTIONS"]  # which the embedded AWS answers itself
    told = [(str(case), *_answer(feed, case, wrong)) for case in cases]
    assert told == [(str(case), case.status, case.answer) for case in cases]
    assert feed.token.split(".")[2] not in feed.stack.logs()


def _answer(feed: Feed, case: Case, wrong: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(feed.stack.url.removeprefix("http://"), timeout=60)
    headers = {"Content-Type": case.content_type} if case.content_type else {}
    path = case.path.format(token=feed.token, wrong=wrong)
    connection.request(case.method, path, body=case.body or None, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    if case.status == 200 and path.startswith("/ping/"):
        assert answer.headers["Ping-Body-Limit"] == "10000", case
    assert answer.headers["Access-Control-Allow-Origin"] == "*", case
    connection.close()
    return answer.status, body


def test_a_devices_ping_is_its_heartbeat_and_its_failure_an_incident(acme: LocalStack) -> None:
    wanted = ("--kind", "server", "--grace", "180s")
    enrolled = json.loads(run_command(acme, "device", "enroll", CLIENT, "pinged", *wanted, "--json"))
    _run(f"curl -fsS -m 60 {enrolled['ping_url']}")
    shown = _device(acme, "pinged")
    assert (shown["state"], shown["enrolled_at"]) == ("up", shown["last_seen"])
    _run(f"curl -fsS -m 60 --data-raw 'the raid is degraded' {enrolled['ping_url']}/fail")
    (incident,) = json.loads(run_command(acme, "incident", "list", CLIENT, "--json"))
    assert (incident["device"], incident["state"]) == ("pinged", "failing")
    said = run_command(acme, "incident", "show", CLIENT, incident["incident"])
    assert "It reported: the raid is degraded" in said
    assert _device(acme, "pinged")["state"] == "down"
    run_command(acme, "device", "retire", CLIENT, "pinged")


def _device(stack: LocalStack, name: str) -> dict[str, Any]:
    rows = json.loads(run_command(stack, "device", "list", CLIENT, "--json"))
    return next(row for row in rows if row.get("device") == name)


def test_the_documented_line_of_cron_tells_success_and_failure_with_the_output(feed: Feed) -> None:
    line = documented("cron").replace("/usr/local/sbin/backup", "JOB").partition(" * * * ")[2]
    _run(line.replace("JOB", "echo all is copied").replace(ADDRESS, feed.url))
    assert feed.evidence() == told(feed, ok=True, exit_status=0, record="all is copied")
    _run(line.replace("JOB", "sh -c 'echo disk full >&2; exit 3'").replace(ADDRESS, feed.url))
    assert feed.evidence() == told(feed, ok=False, exit_status=3, record="disk full")


@pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")
def test_the_documented_wrapper_of_restic_proves_a_real_backup(feed: Feed, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ledger.txt").write_text("42\n")
    environment = {
        "RESTIC_REPOSITORY": str(tmp_path / "repository"),
        "RESTIC_PASSWORD": "made up for this test",
        "HOME": str(tmp_path),
    }
    script = documented("restic").replace(ADDRESS, feed.url).replace("/srv", str(tmp_path / "data"))
    _run(script, environment, status=None)
    failed = feed.evidence()
    assert failed is not None
    assert failed["ok"] is False
    _run("restic init", environment)
    _run(script, environment)
    done = feed.evidence()
    assert done is not None
    assert (done["ok"], done["exit_status"]) == (True, 0)
    assert "snapshot" in done["record"]
    assert done["runtime_seconds"] >= 0


@pytest.mark.skipif(
    shutil.which("borgmatic") is None or shutil.which("borg") is None, reason="borgmatic is not installed"
)
def test_a_real_borgmatic_proves_and_fails_a_real_backup(feed: Feed, tmp_path: Path) -> None:
    source, repository = tmp_path / "data", tmp_path / "repository"
    source.mkdir()
    (source / "ledger.txt").write_text("42\n")
    environment = {
        "HOME": str(tmp_path),
        "BORG_BASE_DIR": str(tmp_path),
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
    }
    configuration = tmp_path / "borgmatic.yaml"
    configuration.write_text(yaml.safe_dump(_borgmatic(source, repository, feed.url)))
    _run(f"borg init --encryption none {repository}", environment)
    _run(f"borgmatic --config {configuration} --verbosity 1 --stats create", environment)

    done = feed.evidence()
    assert done is not None
    assert shows_done("backup", done, 7)
    assert done["runtime_seconds"] >= 0
    assert "ledger.txt" in done["kept"] or "Archive name" in done["kept"]
    assert feed.listed()["state"] == "feed"
    archives = json.loads(_run(f"borg list --json {repository}", environment))["archives"]
    assert len(archives) == 1

    shutil.rmtree(repository)
    _run(f"borgmatic --config {configuration} --verbosity 1 create", environment, status=1)
    failed = feed.evidence()
    assert failed is not None
    assert not shows_done("backup", failed, 7)
    assert str(repository) in failed["kept"]
    assert feed.listed()["state"] == "feed"


@pytest.mark.skipif(shutil.which("prometheus-alertmanager") is None, reason="Alertmanager is not installed")
def test_the_documented_watchdog_of_a_real_alertmanager_keeps_a_device_alive(
    acme: LocalStack, tmp_path: Path
) -> None:
    wanted = ("--kind", "server", "--grace", "5m")
    enrolled = json.loads(run_command(acme, "device", "enroll", CLIENT, "alerts", *wanted, "--json"))
    configuration = tmp_path / "alertmanager.yml"
    configuration.write_text(documented("Alertmanager's watchdog").replace(ADDRESS, enrolled["ping_url"]))
    port = free_port()
    alertmanager = subprocess.Popen(
        [
            "prometheus-alertmanager",
            f"--config.file={configuration}",
            f"--storage.path={tmp_path}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        alert = json.dumps([{"labels": {"alertname": "Watchdog"}}])
        fires = f"curl -fsS --json '{alert}' http://127.0.0.1:{port}/api/v2/alerts"
        _run(f"for i in $(seq 60); do {fires} 2>/dev/null && exit; sleep 0.5; done; exit 1")
        until("the watchdog's ping", lambda: _device(acme, "alerts")["state"] == "up")
    finally:
        alertmanager.terminate()
        alertmanager.wait()
    run_command(acme, "device", "retire", CLIENT, "alerts")


def _borgmatic(source: Path, repository: Path, url: str) -> dict[str, Any]:
    """The configuration as the installed borgmatic wants it: in sections until 1.8."""
    major, minor = (int(part) for part in _run("borgmatic --version").strip().split(".")[:2])
    hook = yaml.safe_load(documented("borgmatic").replace(ADDRESS, url))
    if (major, minor) < (1, 8):
        location = {"source_directories": [str(source)], "repositories": [str(repository)]}
        return {"location": location, "hooks": hook}
    return {"source_directories": [str(source)], "repositories": [{"path": str(repository)}], **hook}


def documented(tool: str) -> str:
    """The first block of code below the heading of a tool in docs/agents.md."""
    section = DOCUMENT.partition(f"\n### {tool}\n")[2]
    [(_, block), *_] = blocks_of(section)
    return block


def told(feed: Feed, *, ok: bool, exit_status: int, record: str) -> dict[str, Any]:
    source = f"feed {feed.name}"
    return {"ok": ok, "exit_status": exit_status, "record": record, "source": source, "kept": record}


def _run(script: str, environment: dict[str, str] | None = None, status: int | None = 0) -> str:
    """A line as a shell takes it; `status` is how it has to end, None for in any way."""
    done = subprocess.run(
        ["sh", "-c", script],
        env={"PATH": os.environ["PATH"], **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert status in (None, done.returncode), done.stdout + done.stderr
    return done.stdout
