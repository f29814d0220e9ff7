"""`makegood incident pause`, `resume`, `excuse` and its like: clocks that wait, and misses forgiven."""

from __future__ import annotations

import click

from makegood import clock
from makegood.rules.allowances import PAUSE_REASONS
from makegood.rules.instants import Instant
from makegood.rules.terms import STAGES
from makegood.storage import excuses, pauses
from makegood.storage.changes import Operator
from makegood.storage.matters import read_case
from makegood.timers import wake
from makegood_cli.connection import connect, operator
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say

by_option = click.option("--by", metavar="PERSON", help="Who does it; otherwise you, as AWS knows you.")
because_option = click.option("--because", required=True, help="Why, in writing; the client reads it.")


def acting(by: str | None, at: Instant) -> Operator:
    """Who does it: the person named, or who works here."""
    return Operator(by, at) if by else operator(at)


@click.command(cls=Command)
@click.argument("client")
@click.argument("incident")
@click.option("--reason", required=True, help="A code, such as awaiting_client.")
@click.option("--awaited", help="What exactly is waited for, in your words; the client reads it.")
@by_option
def pause(client: str, incident: str, reason: str, awaited: str | None, by: str | None) -> None:
    """Pause the clocks of plan and repair while the client is waited for; the notice never waits.

    The client is mailed what is awaited. The pause ends with its answer, by `resume`, or at the contract's
    maximum.
    """
    connect()
    wait = pauses.Wait(reason, awaited or PAUSE_REASONS.get(reason, reason))
    recorded = pauses.pause_incident(client, incident, wait, acting(by, clock.now()))
    _report(client, incident, recorded, f"{incident} is paused{{}}: plan and repair wait for the client.")


@click.command(cls=Command)
@click.argument("client")
@click.argument("incident")
@by_option
def resume(client: str, incident: str, by: str | None) -> None:
    """End the pause of an incident: its clocks run again."""
    connect()
    recorded = pauses.resume_incident(client, incident, acting(by, clock.after_effect()))
    _report(client, incident, recorded, f"{incident} is resumed{{}}.")


@click.command(cls=Command)
@click.argument("client")
@click.argument("incident")
@click.argument("stage")
@click.option("--reason", required=True, help="A code, such as client_caused.")
@click.option("--evidence", default="", help="What shows that it is so; the client reads it.")
@click.option("--approved-by", metavar="PERSON", help="Who has agreed to it already, say in a letter.")
@click.option("--ask-client", is_flag=True, help="Ask the client too, by mail.")
@by_option
def excuse(
    client: str,
    incident: str,
    stage: str,
    *,
    reason: str,
    evidence: str,
    approved_by: str | None,
    ask_client: bool,
    by: str | None,
) -> None:
    """Ask for an incident's notify, plan or repair to be excused: a miss of it then earns no refund.

    It counts once somebody else approves it, on the desk, by `approve` or, if asked, the client.
    """
    connect()
    who = acting(by, clock.after_effect())
    plea = excuses.Plea(stage, reason, evidence)
    if approved_by is None:
        recorded = excuses.ask_for_excuse(client, incident, plea, who, asks_client=ask_client)
        said = f"An excuse of the {stage} of {incident} is asked for{{}}; somebody else must approve it."
    else:
        recorded = excuses.excuse_stage(client, incident, plea, who, approved_by=approved_by)
        said = f"The {stage} of {incident} is excused{{}}: a miss of it earns no refund."
    _report(client, incident, recorded, said)


@click.command(cls=Command)
@click.argument("client")
@click.argument("incident")
@click.argument("stage", type=click.Choice(STAGES))
@by_option
def approve(client: str, incident: str, stage: str, by: str | None) -> None:
    """Approve the excuse that somebody else has asked for."""
    connect()
    who = acting(by, clock.after_effect())
    recorded = excuses.approve_excuse(client, incident, _newest(client, incident, stage, who), who)
    _report(client, incident, recorded, f"The {stage} of {incident} is excused{{}}: a miss earns no refund.")


@click.command(cls=Command)
@click.argument("client")
@click.argument("incident")
@click.argument("stage", type=click.Choice(STAGES))
@because_option
@by_option
def refuse(client: str, incident: str, stage: str, because: str, by: str | None) -> None:
    """Refuse an excuse that was asked for, or take back what you asked for."""
    connect()
    who = acting(by, clock.after_effect())
    matter = _newest(client, incident, stage, who)
    recorded = excuses.refuse_excuse(client, incident, matter, who, because)
    _report(client, incident, recorded, f"The excuse of the {stage} of {incident} is refused{{}}.")


@click.command(cls=Command)
@click.argument("client")
@click.argument("incident")
@click.argument("stage", type=click.Choice(STAGES))
@because_option
@by_option
def revoke(client: str, incident: str, stage: str, because: str, by: str | None) -> None:
    """Revoke an excuse: a miss earns its refund after all; the client is told."""
    connect()
    who = acting(by, clock.after_effect())
    matter = _newest(client, incident, stage, who)
    recorded = excuses.revoke_excuse(client, incident, matter, who, because)
    _report(client, incident, recorded, f"The excuse of the {stage} of {incident} is revoked{{}}.")


def _newest(client: str, incident: str, stage: str, who: Operator) -> str:
    return excuses.newest_of(read_case(client, incident, who.at)[1], stage).matter


def _report(client: str, incident: str, recorded: bool, said: str) -> None:
    """Wakes the incident's timer and says what became of it, `{}` being where `already` stands."""
    wake(client, incident)
    if current_options().json:
        print_json({"client": client, "incident": incident, "recorded": recorded})
        return
    say(said.format("" if recorded else " already"))
