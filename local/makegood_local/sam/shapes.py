"""Events as API Gateway, EventBridge Scheduler, SQS, SNS and SES send them, field by field."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from makegood.rules.instants import Instant, format_instant

ACCOUNT, REGION, API = "123456789012", "us-east-1", "r3pmxmplak"
HOST = f"{API}.execute-api.{REGION}.amazonaws.com"
FORM = "application/x-www-form-urlencoded"

Json = dict[str, Any]


def request(
    route: str,
    address: str,
    at: Instant,
    *,
    headers: dict[str, str] | None = None,
    body: str = "",
    form: dict[str, str] | None = None,
) -> Json:
    """A request as an HTTP API hands it on (payload format 2.0). The route is the template's.

    A form comes as base64, as API Gateway sends what it does not know to be text.
    """
    method = "POST" if body or form is not None else "GET"
    path, _, query = address.partition("?")
    content = (
        {"content-type": FORM} if form is not None else {"content-type": "application/json"} if body else {}
    )
    sent = base64.b64encode(urlencode(form).encode()).decode() if form is not None else body
    proxy = route.partition("/{proxy+}")
    parameters = dict(parse_qsl(query))
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "accept": "*/*",
            "content-length": str(len(sent)),
            "host": HOST,
            "user-agent": "curl/8.9.1",
            "x-amzn-trace-id": "Root=1-68ee1848-3c1b2f9d5e0c7a1122334455",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            **content,
            **(headers or {}),
        },
        **({"queryStringParameters": parameters} if parameters else {}),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API,
            "domainName": HOST,
            "domainPrefix": API,
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "curl/8.9.1",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route,
            "stage": "$default",
            "time": datetime.fromtimestamp(at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": at * 1000,
        },
        **({"pathParameters": {"proxy": path.split("/", _slashes(proxy[0]))[-1]}} if proxy[1] else {}),
        **({"body": sent} if method == "POST" else {}),
        "isBase64Encoded": form is not None,
    }


def schedule(name: str, at: Instant) -> Json:
    """What EventBridge Scheduler sends to a function when the schedule has no input of its own."""
    return {
        "version": "0",
        "id": "d32c5kddcf5bb8c3",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": format_instant(at),
        "region": REGION,
        "resources": [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{name}"],
        "detail": "{}",
    }


def messages(queue: str, at: Instant, *bodies: str) -> Json:
    """A batch of SQS."""
    return {
        "Records": [
            {
                "messageId": f"059f36b4-87a3-44ab-83d2-66197597{number:04d}",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(at * 1000),
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": str(at * 1000 + 2),
                },
                "messageAttributes": {},
                "md5OfBody": hashlib.md5(body.encode()).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
                "awsRegion": REGION,
            }
            for number, body in enumerate(bodies, 1)
        ]
    }


def notification(topic: str, at: Instant, message: Json) -> str:
    """What SNS puts into a queue: the message is text within text."""
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:{topic}",
            "Subject": "Amazon SES Email Event Notification",
            "Message": json.dumps(message),
            "Timestamp": _milliseconds(at),
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertURL": f"https://sns.{REGION}.amazonaws.com/SimpleNotificationService.pem",
            "UnsubscribeURL": f"https://sns.{REGION}.amazonaws.com/?Action=Unsubscribe",
        }
    )


def delivery(to: str, tags: dict[str, str], sender: str, at: Instant) -> Json:
    """SES's report that a mail has arrived."""
    return {
        "eventType": "Delivery",
        "mail": {
            "timestamp": _milliseconds(at - 2),
            "source": sender,
            "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{sender}",
            "sendingAccountId": ACCOUNT,
            "messageId": "0100019a-example",
            "destination": [to],
            "headersTruncated": False,
            "headers": [{"name": "From", "value": sender}, {"name": "To", "value": to}],
            "commonHeaders": {"from": [sender], "to": [to], "messageId": "0100019a-example"},
            "tags": {
                "ses:configuration-set": ["makegood"],
                **{name: [value] for name, value in tags.items()},
            },
        },
        "delivery": {
            "timestamp": _milliseconds(at),
            "processingTimeMillis": 1800,
            "recipients": [to],
            "smtpResponse": "250 2.6.0 Message received",
            "reportingMTA": "a8-70.smtp-out.amazonses.com",
        },
    }


def _slashes(before: str) -> int:
    """How often to split a path so that what is left is what `{proxy+}` stands for."""
    return before.partition(" ")[2].count("/") + 1


def _milliseconds(at: Instant) -> str:
    return format_instant(at).replace("Z", ".000Z")
