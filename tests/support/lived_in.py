"""A stack of `make run` on which something has happened: what readers of the documents have before them.

`python -m support.lived_in`, in the folder of the stack, makes last month's statement of Acme Dental, an open
incident that this client disagrees with, a client who has left, and the files of which the documents speak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import yaml

from makegood import clock
from makegood.rules.allowances import INCIDENT_MATTER
from makegood.rules.contracts import moment_of_issue, parse_contract
from makegood.rules.instants import format_instant, next_period
from makegood.storage.changes import Operator, find_client
from makegood.storage.disputes import open_dispute
from makegood.storage.tables import bind_tables
from makegood.timers import wake
from makegood_cli.connection import variable
from makegood_local.demo_month import demo_month
from makegood_local.deployment import physical_name
from makegood_local.load_facts import store_facts
from makegood_local.story import until

CLIENT, OWNER = "acme-dental", "owner@acme.example"
CONTRACT = Path("contracts/acme-dental.yaml")
STATEMENT = Path("acme-dental-2026-03.json")
"""The name that docs/verify.md and the README give it, whatever its month."""
MAKEGOOD = Path(sys.executable).parent / "makegood"

Json = dict[str, Any]


def main() -> None:
    stack = json.loads(Path(".local/stack.json").read_text())
    os.environ |= {
        "AWS_ENDPOINT_URL": stack["endpoint_url"],
        "AWS_DEFAULT_REGION": stack["region"],
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    os.environ |= {variable(name): value for name, value in stack["outputs"].items()}
    bind_tables(stack["outputs"]["DevicesTable"], stack["outputs"]["RecordsTable"])
    _token(stack["url"])
    _contracts()
    _incident()
    _statements(stack["outputs"]["StatementsBucket"])


def _contracts() -> None:
    """A contract of one's own, without practices, as no device shows any; and other terms for Acme Dental."""
    contract = yaml.safe_load(CONTRACT.read_text())
    outages = {field: terms for field, terms in contract.items() if field != "practices"}
    begins = time.strftime("%Y-%m-01")
    _write("my-contract.yaml", {**outages, "client": "my-client", "effective_from": begins})
    _write("my-terms.yaml", {**contract, "monthly_fee": "3000.00"})


def _write(name: str, contract: Json) -> None:
    Path(name).write_text(yaml.safe_dump(contract, sort_keys=False))


def _token(url: str) -> None:
    """What docs/agents.md has in /etc/makegood already: a token, and options for cron's lines."""
    folder = Path("etc")
    folder.mkdir()
    (folder / "token").write_text(_enrolled("pc", "--kind", "computer")["token"])
    common = [f"--url {url}", f"--token-file {folder / 'token'}"]
    for name, own in (("agent", "--see modem=ping:192.168.1.1"), ("evidence", "--collect patching")):
        (folder / f"{name}.options").write_text("\n".join([*common, f"--state build/{name}", own]) + "\n")
        Path("build", name).mkdir(parents=True)


def _incident() -> None:
    """A till that says itself that it fails; the client disagrees with what is made of it."""
    ping = _enrolled("till", "--kind", "till")["ping_url"]
    for address in (ping, f"{ping}/fail"):
        urllib.request.urlopen(address, timeout=60).close()
    [row] = json.loads(_makegood("incident", "list", CLIENT, "--json"))
    open_dispute(CLIENT, row["incident"], INCIDENT_MATTER, Operator(OWNER, clock.now()), "It was off.")
    wake(CLIENT, row["incident"])


def _enrolled(device: str, *options: str) -> Json:
    done = _makegood("device", "enroll", CLIENT, device, *options, "--grace", "180s", "--json")
    enrolled: Json = json.loads(done)
    return enrolled


def _statements(bucket: str) -> None:
    """Of Acme Dental, and the last one of a client who has left, both by the real reporter."""
    facts = demo_month(clock.now())
    period = facts["period"]
    store_facts(_of_acme(facts))
    store_facts(_left(facts))
    function = physical_name(boto3.client("cloudformation"), "CloseFunction")
    boto3.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    for client in (CLIENT, facts["contract"]["client"]):
        until(f"the statement of {client}", partial(_is_issued, client, period))
    key = f"{CLIENT}/{period}/statement.json"
    content = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    Path("statements").mkdir()
    for file in (STATEMENT, Path("statement.json"), Path("statements") / STATEMENT):
        file.write_bytes(content)
    Path("facts.json").write_text(json.dumps(json.loads(content)["facts"]))
    Path("provider.pem").write_text(_makegood("statement", "key"))


def _of_acme(facts: Json) -> Json:
    terms = {**yaml.safe_load(CONTRACT.read_text()), "effective_from": facts["contract"]["effective_from"]}
    # README enrolls a device of this name.
    renamed: Json = json.loads(json.dumps(facts).replace('"srv"', '"server"'))
    return {**renamed, "contract": terms, "as_of": _as_of(terms, facts["period"])}


def _left(facts: Json) -> Json:
    ended = f"{next_period(facts['period'])}-01"
    devices = [{**device, "retired_at": facts["as_of"]} for device in facts["devices"]]
    return {**facts, "devices": devices, "contract": {**facts["contract"], "effective_until": ended}}


def _as_of(terms: Mapping[str, Any], period: str) -> str:
    return format_instant(moment_of_issue(parse_contract(terms), period))


def _is_issued(client: str, period: str) -> bool:
    entry = find_client(client)
    return entry is not None and entry.next_period is not None and entry.next_period > period


def _makegood(*arguments: str) -> str:
    done = subprocess.run([MAKEGOOD, "--local", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    main()
