"""`makegood incident pause`, `resume` and `excuse`: clocks that wait for the client, and misses forgiven."""

from __future__ import annotations

import click

from makegood import clock
from makegood.storage import allowances
from makegood.timers import wake
from makegood_cli.connection import connect, operator
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say


@click.command(cls=Command)
@click.argument("client")
@click.argument("incident")
@click.option(
    "--reason", required=True, help="What is waited for, such as awaiting_client; the client reads it."
)
def pause(client: str, incident: str, reason: str) -> None:
    """Pause the clocks of plan and repair while the client is waited for; the notice never waits."""
    connect()
    recorded = allowances.pause_incident(client, incident, reason, operator(clock.now()))
    wake(client, incident)
    if current_options().json:
        print_json({"client": client, "incident": incident, "recorded": recorded})
        return
    say(f"{incident} is paused{_before(recorded)}: plan and repair wait until it is resumed.")


@click.command(cls=Command)
@click.argument("client")
@click.argument("incident")
def resume(client: str, incident: str) -> None:
    """End the pause of an incident: its clocks run again."""
    connect()
    recorded = allowances.resume_incident(client, incident, operator(clock.after_effect()))
    wake(client, incident)
    if current_options().json:
        print_json({"client": client, "incident": incident, "recorded": recorded})
        return
    say(f"{incident} is resumed{_before(recorded)}.")


@click.command(cls=Command)
@click.argument("client")
@click.argument("incident")
@click.argument("stage")
@click.option("--reason", required=True, help="Why, such as client_caused; the client reads it.")
@click.option("--approved-by", required=True, metavar="PERSON", help="Who agreed to it.")
def excuse(client: str, incident: str, stage: str, reason: str, approved_by: str) -> None:
    """Excuse an incident's notify, plan or repair: missed, it earns no refund and stays on the statement."""
    connect()
    who = operator(clock.after_effect())
    recorded = allowances.excuse_stage(client, incident, stage, who, reason=reason, approved_by=approved_by)
    wake(client, incident)
    if current_options().json:
        print_json({"client": client, "incident": incident, "stage": stage, "recorded": recorded})
        return
    say(f"The {stage} of {incident} is excused{_before(recorded)}: a miss of it earns no refund.")


def _before(recorded: bool) -> str:
    return "" if recorded else " already"
