"""Tapes as they were played, told in short lines that a test can write down."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from email import message_from_bytes, policy
from functools import cache
from pathlib import Path
from typing import Any

from makegood_cli.contract_file import parse_yaml
from makegood_simulator.platform import written
from makegood_simulator.play import Play, play
from makegood_simulator.tape import Line
from makegood_simulator.tape_file import parse_tape

TAPES = Path(__file__).parents[1] / "simulator" / "tapes"


@cache
def played(tape: str, contract: str = "plain") -> Play:
    """The tape played without faults: every promise held, and nobody waited for an incident in vain."""
    result = play_quietly(contract_of(contract), lines_of(tape))
    assert (result.broken, result.in_vain) == ([], [])
    return result


def play_quietly(contract: dict[str, Any], tape: Sequence[Line], **how: Any) -> Play:
    """Plays without the functions' own logs, which nobody reads here and which take a third of the time."""
    logging.disable()
    try:
        return play(contract, tape, **how)
    finally:
        logging.disable(logging.NOTSET)


def contract_of(name: str) -> dict[str, Any]:
    contract: dict[str, Any] = parse_yaml((TAPES / f"{name}.yaml").read_text())
    return contract


def lines_of(tape: str) -> list[Line]:
    return parse_tape((TAPES / f"{tape}.jsonl").read_text())


def stages(result: Play, period: str = "2026-03") -> list[str]:
    """`incident stage verdict done_at`, and how late."""
    return [
        f"{stage['incident']} {stage['stage']} {stage['verdict']} {stage['done_at'] or 'never'}"
        + (f", {stage['late_seconds']} s late" if stage["late_seconds"] else "")
        for stage in result.statements[period]["stages"]
    ]


def refunds(result: Play, period: str = "2026-03") -> dict[str, int]:
    """What is payable, by line, in the order of payment."""
    return {refund["line"]: refund["payable_cents"] for refund in result.statements[period]["refunds"]}


def availability(result: Play, period: str = "2026-03") -> list[str]:
    """`device down_seconds of monitored_seconds: availability_bps`."""
    return [
        f"{row['device']} {row['down_seconds']} of {row['monitored_seconds']}: {row['availability_bps']}"
        for row in result.statements[period]["availability"]
    ]


def mails(result: Play, about: str) -> list[str]:
    """`time kind addressee` of the mails about an incident (its name) or a statement (its period)."""
    named = [(mail, mail.mail.split("_")) for mail in result.mails]
    return [f"{written(mail.at)} {kind} {mail.to}" for mail, (_, name, kind, _) in named if name == about]


def text_of(source: bytes) -> str:
    """The plain text of a mail."""
    body = message_from_bytes(source, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())
