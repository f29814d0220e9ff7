"""What a ping records unless it is the success of a device that is up: failures, jobs of feeds, logs."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from makegood.rules.feeds import Report
from makegood.rules.instants import Instant
from makegood.rules.tokens import Token
from makegood.storage.devices import Device
from makegood.storage.feeds import fail_overdue, note_end, note_start
from makegood.storage.words import keep_words
from ping_requests import Ping
from presence import Arrival, Proof, Recorded, UnavailableError
from proving import find_proven
from slow_path import settle_beat, settle_failure

_MAX_ROUNDS = 8


def take_ping(token: Token, proof: Proof, said: Ping | str, arrival: Arrival) -> bool:
    """Records what was said, unless it made no sense; False when the token is nobody's.

    Raises UnavailableError.
    """
    try:
        for _ in range(_MAX_ROUNDS):
            row = find_proven(token.client, token.device, proof, arrival.at)
            if row is None or isinstance(said, str):
                return row is not None
            if said.action == "log":
                keep_words(row, arrival.at, said.record)
                return True
            if not row.is_feed:
                return _take_device(token, proof, said, arrival)
            if _note(row, said, arrival.at):
                return True
    except (PynamoDBException, BotoCoreError, ClientError) as error:
        raise UnavailableError(type(error).__name__) from error
    raise UnavailableError("the feed's row changes too fast")


def _take_device(token: Token, proof: Proof, said: Ping, arrival: Arrival) -> bool:
    if said.action == "success":
        return isinstance(settle_beat(token.client, token.device, proof, arrival), Recorded)
    if said.action == "fail":
        outcome = settle_failure(token.client, token.device, proof, arrival, said.record)
        return isinstance(outcome, Recorded)
    return True


def _note(feed: Device, said: Ping, at: Instant) -> bool:
    """Takes one step; False when the feed's row has to be looked at again."""
    if fail_overdue(feed, at) != 0:
        return False
    if said.action == "start":
        return note_start(feed, said.rid, at)
    return note_end(feed, said.rid, Report(said.action == "success", said.record, said.exit_status), at)
