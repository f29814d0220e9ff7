"""What a deployment decides, read once from the environment of a function."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Settings:
    """One attribute per environment variable; a function is given only those it needs."""

    devices_table: str
    records_table: str
    state_machine_arn: str
    sender: str
    reply_to: str
    technicians: tuple[str, ...]
    base_url: str
    configuration_set: str
    link_keys_arn: str
    signing_key_arn: str
    statements_bucket: str
    statements_queue_url: str
    detection_seconds: int
    event_bus: str
    metrics_namespace: str
    canary_key_arn: str
    outside_ping_url: str
    sending_rate: int


@cache
def settings() -> Settings:
    """The settings of this process; what a function is not given is empty."""
    env = os.environ.get
    return Settings(
        devices_table=env("DEVICES_TABLE", ""),
        records_table=env("RECORDS_TABLE", ""),
        state_machine_arn=env("STATE_MACHINE_ARN", ""),
        sender=env("SENDER", ""),
        reply_to=env("REPLY_TO", ""),
        technicians=split_addresses(env("TECHNICIANS", "")),
        base_url=env("BASE_URL", "").rstrip("/"),
        configuration_set=env("CONFIGURATION_SET", ""),
        link_keys_arn=env("LINK_KEYS_ARN", ""),
        signing_key_arn=env("SIGNING_KEY_ARN", ""),
        statements_bucket=env("STATEMENTS_BUCKET", ""),
        statements_queue_url=env("STATEMENTS_QUEUE_URL", ""),
        event_bus=env("EVENT_BUS", ""),
        detection_seconds=int(env("DETECTION_SECONDS", "240")),
        metrics_namespace=env("METRICS_NAMESPACE", ""),
        canary_key_arn=env("CANARY_KEY_ARN", ""),
        outside_ping_url=env("OUTSIDE_PING_URL", ""),
        sending_rate=int(env("SENDING_RATE", "0")),
    )


def split_addresses(text: str) -> tuple[str, ...]:
    """The addresses of a comma-separated list, in order."""
    return tuple(address.strip() for address in text.split(",") if address.strip())
