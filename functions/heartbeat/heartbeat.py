"""The agents' door: `POST /v1/heartbeat` proves that a device is alive, and what it sees; and the pings."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from answers import bad_body, heartbeat_answer, too_large, unauthorized, unavailable
from body import BodyError, TooLargeError, read_body
from makegood.gateway import request_header, request_instant, request_instant_up
from makegood.rules.tokens import parse_token
from pings import answer_ping, answer_push
from presence import Agent, Arrival, Proof, Recorded, UnavailableError, Unproven, record_beat
from reports import report

logger = Logger()


@logger.inject_lambda_context(log_event=False)  # also when its environment asks for it: paths hold tokens
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answers whatever the API sends here, by its route."""
    return _ROUTES.get(event["routeKey"], answer_heartbeat)(event)


def answer_heartbeat(event: dict[str, Any]) -> dict[str, Any]:
    """Answers one heartbeat. A body that is refused does not undo the beat: who sent it is alive."""
    token = parse_token(_bearer(event))
    if token is None:
        return unauthorized()
    arrival = Arrival(at=request_instant(event), at_up=request_instant_up(event))
    try:
        own = beat(token.client, token.device, Proof(token.hash, by_token=True), arrival)
        if isinstance(own, Unproven):
            return unauthorized()
        # Handed on, since `reports` vouches for neighbours in the same way.
        refused = report(Agent(token.client, token.device, own, arrival), read_body(event), beat)
    except UnavailableError:
        logger.exception("a heartbeat could not be recorded")
        return unavailable()
    except TooLargeError:
        return too_large()
    except BodyError as error:
        return bad_body(error.errors)
    return heartbeat_answer(arrival.at, own.due_at, refused)


def beat(client: str, device: str, proof: Proof, arrival: Arrival) -> Recorded | Unproven:
    """Records one beat: at once when the device is up, else by the slow path, which is imported only then."""
    outcome = record_beat(client, device, proof, arrival)
    if isinstance(outcome, Recorded | Unproven):
        return outcome
    from slow_path import settle_beat  # noqa: PLC0415 - the hot path does not pay for PynamoDB

    return settle_beat(client, device, proof, arrival)


def answer_description(event: dict[str, Any]) -> dict[str, Any]:
    """Answers with the OpenAPI description of this door."""
    from openapi_document import answer_document  # noqa: PLC0415 - the hot path does not pay for what few ask

    return answer_document(event)


_ROUTES = {
    "ANY /ping/{proxy+}": answer_ping,
    "ANY /api/push/{proxy+}": answer_push,
    "GET /v1/openapi.json": answer_description,
}


def _bearer(event: dict[str, Any]) -> str:
    scheme, _, token = request_header(event, "authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
