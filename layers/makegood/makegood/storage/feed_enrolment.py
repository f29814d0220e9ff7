"""Enrolls practice feeds: a token by whose pings a job proves one practice of one device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from makegood.rules.contracts import Contract
from makegood.rules.feeds import FED
from makegood.rules.shapes import did_you_mean
from makegood.rules.tokens import token_hash
from makegood.storage.changes import Operator, RefusedError, change_client, known_client, one_after_another
from makegood.storage.contracts import versions_of
from makegood.storage.devices import FEED, RETIRED, Device, rows_of
from makegood.storage.enrolment import (
    contract_in_force,
    new_token,
    problem_of_taken_name,
    problems_of_names,
)

KIND = "feed"


@dataclass(frozen=True)
class FeedEnrolment:
    """A job that proves `practice` for `device`; started, it has to end within `grace_seconds`."""

    client: str
    feed: str
    practice: str
    device: str
    name: str
    grace_seconds: int


def enroll_feed(wanted: FeedEnrolment, operator: Operator) -> str:
    """Enrolls the feed and returns its token, of which only the hash is kept.

    RefusedError says everything that is wrong.
    """
    return one_after_another(partial(_enroll, wanted, operator))


def _enroll(wanted: FeedEnrolment, operator: Operator) -> str:
    entry = known_client(wanted.client)
    contract = contract_in_force(wanted.client, versions_of(wanted.client), operator.at).contract
    known = {row.device: row for row in rows_of(wanted.client)}
    problems = [
        *problems_of_names(wanted.feed, KIND, wanted.name),
        *problem_of_taken_name(wanted.feed, known),
        *_problems_of_practice(wanted, contract),
        *_problems_of_device(wanted, known),
    ]
    if problems:
        raise RefusedError("\n".join(problems))
    token = new_token(wanted.client, wanted.feed)
    row = _new_row(wanted, token, known[wanted.device].zone)
    change_client(
        operator,
        entry,
        f"feed {wanted.feed} of {wanted.device}'s {wanted.practice} enrolled",
        lambda transaction: transaction.save(row, condition=Device.device.does_not_exist()),
    )
    return token


def _problems_of_practice(wanted: FeedEnrolment, contract: Contract) -> Iterator[str]:
    if wanted.practice not in FED:
        hint = did_you_mean(wanted.practice, FED)
        yield (
            f"--feed must be a practice that the end of a job can prove ({', '.join(FED)}), "
            f"got {wanted.practice}{hint}."
        )
        return
    promised = [terms.practice for terms in contract.practices]
    if wanted.practice not in promised:
        known = ", ".join(promised) or "none"
        yield f"--feed {wanted.practice} is not in the contract; promised are: {known}."


def _problems_of_device(wanted: FeedEnrolment, known: Mapping[str, Device]) -> Iterator[str]:
    row = known.get(wanted.device)
    if row is None or row.is_feed:
        hint = did_you_mean(wanted.device, [name for name, other in known.items() if not other.is_feed])
        yield f"--for must be an enrolled device, got {wanted.device}{hint}."
    elif row.state == RETIRED:
        yield f"--for {wanted.device} is retired and proves nothing."
    elif wanted.practice in FED and wanted.practice not in (row.practices or ()):
        listed = ", ".join(sorted(row.practices or ())) or "none"
        yield f"--for {wanted.device} was not enrolled with --practice {wanted.practice}; it has: {listed}."


def _new_row(wanted: FeedEnrolment, token: str, zone: str) -> Device:
    """Its days are those of its device."""
    return Device(
        wanted.client,
        wanted.feed,
        kind=KIND,
        name=wanted.name,
        zone=zone,
        grace_seconds=wanted.grace_seconds,
        feed_practice=wanted.practice,
        feed_device=wanted.device,
        token_hash=token_hash(token),
        state=FEED,
    )
