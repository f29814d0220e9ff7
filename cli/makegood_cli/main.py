"""The operator's command `makegood`: clients, devices, evidence, incidents and statements."""

from __future__ import annotations

import io
import sys
from typing import Any

import click

from makegood_cli.options import LazyGroup
from makegood_cli.output import safe


class Root(LazyGroup):
    """The command itself: what a person can put right ends in words, not in a traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            from makegood_cli.failures import explain  # noqa: PLC0415 - loads AWS, which good facts do not need

            reason = explain(error)
            if reason is None:
                raise
            raise click.ClickException(safe(reason)) from error


def _group(summary: str, **lazy: str) -> LazyGroup:
    return LazyGroup(
        help=summary,
        lazy={name.replace("_", "-"): f"makegood_cli.{target}" for name, target in lazy.items()},
    )


client = _group(
    "Clients and their contracts.",
    apply="clients:apply",
    list="clients:list_clients",
    end="leaving:end",
)
contract = _group(
    "Contract files, before they are applied.",
    check="contract_check:check",
    schema="contract_check:schema",
)
device = _group(
    "Devices: who may send heartbeats.",
    enroll="devices:enroll",
    list="devices:list_devices",
    show="device_show:show",
    rotate="devices:rotate",
    retire="devices:retire",
)
incident = _group(
    "Incidents and their clocks.",
    list="incidents:list_incidents",
    show="incidents:show",
    pause="allowances:pause",
    resume="allowances:resume",
    excuse="allowances:excuse",
    approve="allowances:approve",
    refuse="allowances:refuse",
    revoke="allowances:revoke",
)
maintenance = _group(
    "Announced maintenance: silence that is no outage.",
    announce="maintenance:announce",
    list="maintenance:list_maintenance",
    cancel="maintenance:cancel",
)
contact = _group(
    "Contacts of clients: whether mails reach them.",
    list="contacts:list_contacts",
    check="contacts:check",
    restore="contacts:restore",
    link="contact_links:link",
    revoke_links="contact_links:revoke_links",
)
webhook = _group("Webhooks of contracts' ladders.", key="webhook_key:key")
evidence = _group("Evidence of practices.", list="evidence:list_evidence")
dispute = _group("What clients disagree with.", list="disputes:list_disputes", decide="disputes:decide")
statement = _group(
    "Monthly statements.",
    preview="statements:preview",
    issue="statements:issue",
    compute="computing:compute",
    verify="verifying:verify",
    key="signing_key:key",
    csv="bookkeeping:print_csv",
)

cli = Root(
    name="makegood",
    help="""Runs the guarantee: contracts, devices, evidence, incidents, maintenance and monthly statements.

    Exit status: 0 done, 1 refused or failed, 2 wrong arguments or wrong facts (docs/cli.md has more).
    """,
    context_settings={"help_option_names": ["-h", "--help"]},
    lazy={
        **{
            name: f"makegood_cli.main:{name}"
            for name in (
                "client",
                "contact",
                "contract",
                "device",
                "dispute",
                "evidence",
                "incident",
                "maintenance",
                "statement",
                "webhook",
            )
        },
        "doctor": "makegood_cli.doctor:doctor",
        "backtest": "makegood_cli.backtesting:backtest",
        "cost": "makegood_cli.cost.command:cost",
        "export": "makegood_cli.exporting:export",
        "forget": "makegood_cli.forgetting:forget_client",
        "init": "makegood_cli.beginning:init",
        "simulate": "makegood_cli.simulating:simulate",
    },
)


click.version_option(package_name="makegood")(cli)


def main() -> None:
    """The entry point of the installed command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli.main(prog_name="makegood")
