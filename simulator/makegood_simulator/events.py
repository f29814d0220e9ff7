"""Events as API Gateway, EventBridge Scheduler, Step Functions, SQS and SNS really send them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass
class Context(LambdaContext):
    """A Lambda context with as much time left as a test wants."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    milliseconds_left: int = 60_000

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # a number, as in Lambda
        return self.milliseconds_left


def api_request(
    method: str,
    path: str,
    *,
    at: float,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    base64: bool = False,
    route: str = "$default",
) -> dict[str, Any]:
    """A request as an HTTP API hands it on (payload format 2.0); `at` in epoch seconds."""
    path_only, _, query = path.partition("?")
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path_only,
        "rawQueryString": query,
        "headers": {
            "host": "makegood.provider.example",
            **{k.lower(): v for k, v in (headers or {}).items()},
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "r3pmxmplak",
            "domainName": "makegood.provider.example",
            "domainPrefix": "makegood",
            "http": {
                "method": method,
                "path": path_only,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "test",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route,
            "stage": "$default",
            "time": "10/Mar/2026:05:16:23 +0000",
            "timeEpoch": round(at * 1000),
        },
        **({"body": body} if body is not None else {}),
        "isBase64Encoded": base64,
    }


def schedule_event() -> dict[str, Any]:
    """What EventBridge Scheduler sends to a Lambda target that has no input of its own."""
    return {
        "version": "0",
        "id": "d32c5kddcf5bb8c3",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "123456789012",
        "time": "2026-03-10T05:16:00Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:scheduler:eu-west-1:123456789012:schedule/default/sweep"],
        "detail": "{}",
    }


def sqs_event(*bodies: str) -> dict[str, Any]:
    """A batch from SQS."""
    return {
        "Records": [
            {
                "messageId": f"059f36b4-87a3-44ab-83d2-66197597{number:04d}",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1545082649183",
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": "1545082649185",
                },
                "messageAttributes": {},
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:deliveries",
                "awsRegion": "eu-west-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def ses_notification(kind: str, tags: dict[str, str], timestamp: str, bounce_type: str = "Permanent") -> str:
    """An SES event as it arrives in SQS through SNS: the event is text inside the notification."""
    event = {
        "eventType": kind,
        "mail": {
            "timestamp": timestamp,
            "messageId": "010001-example",
            "source": "guarantee@provider.example",
            "sendingAccountId": "123456789012",
            "destination": ["owner@acme.example"],
            "tags": {
                "ses:configuration-set": ["makegood"],
                **{name: [value] for name, value in tags.items()},
            },
        },
        kind[0].lower() + kind[1:]: {"timestamp": timestamp, **_details(kind, bounce_type)},
    }
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:mail-events",
            "Message": json.dumps(event),
            "Timestamp": timestamp,
        }
    )


def _details(kind: str, bounce_type: str) -> dict[str, Any]:
    if kind == "Bounce":
        return {
            "bounceType": bounce_type,
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "owner@acme.example", "status": "5.1.1"}],
        }
    return {"recipients": ["owner@acme.example"], "smtpResponse": "250 2.6.0 Message received"}
