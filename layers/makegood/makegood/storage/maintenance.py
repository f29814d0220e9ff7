"""Maintenance as stored: announced, cancelled, read by whoever asks whether silence is an outage."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from makegood.rules.announcing import Plan
from makegood.rules.events import Event
from makegood.rules.instants import Instant, format_instant
from makegood.rules.intervals import Interval
from makegood.rules.maintenance import WEEKDAYS, Weekly, Work
from makegood.rules.names import EVERY_DEVICE
from makegood.storage.changes import (
    Operator,
    RefusedError,
    change_client,
    known_client,
    one_after_another,
)
from makegood.storage.contracts import versions_of
from makegood.storage.devices import RETIRED, devices_of
from makegood.storage.events import announce as announce_event
from makegood.storage.incidents import stamp
from makegood.storage.records import UNMAILED, Maintenance
from makegood.storage.transactions import Write

Json = dict[str, Any]


def announce(
    client: str, plan: Plan, operator: Operator, *, short_notice: bool = False
) -> tuple[Maintenance, bool]:
    """Records the maintenance, announced at the operator's instant; False when it stood there already.

    RefusedError says everything that is wrong with it, also when it counts nowhere because the contract asks
    for more notice; `short_notice` lets that through: the client is told, and silence counts as ever.
    """
    return one_after_another(partial(_announce, client, plan, operator, short_notice=short_notice))


def cancel(client: str, maintenance: str, operator: Operator) -> tuple[Maintenance, bool]:
    """Takes back what has not begun at the operator's instant; False when that was done already.

    Of weekly maintenance the windows that have begun stay. RefusedError when there is nothing to take back.
    """
    return one_after_another(partial(_cancel, client, maintenance, operator))


def works_of(client: str) -> list[Work]:
    """All that was ever announced, as the rules see it, by a consistent read."""
    return [work_of(record) for record in maintenance_of(client)]


def maintenance_of(client: str) -> list[Maintenance]:
    """All that was ever announced, cancelled or not, by its beginning."""
    known = Maintenance.sk.startswith("maintenance#")
    return list(Maintenance.query(client, known, consistent_read=True))


def find_maintenance(client: str, maintenance: str) -> Maintenance | None:
    """One announcement by its name, by a consistent read."""
    try:
        return Maintenance.get(client, f"maintenance#{maintenance}", consistent_read=True)
    except Maintenance.DoesNotExist:
        return None


def maintenance_facts(
    client: str, devices: Collection[str], starts_at: Instant, ends_at: Instant
) -> list[Json]:
    """The windows that reach into a period; whether they were announced in time the accounting judges."""
    found = []
    for record in maintenance_of(client):
        named = [name for name in record.devices if name == EVERY_DEVICE or name in devices]
        found += [
            {
                "devices": named,
                "from": format_instant(window.start),
                "to": format_instant(window.end),
                "announced_at": format_instant(record.announced_at),
                **({} if record.reason is None else {"reason": record.reason}),
            }
            for window in work_of(record).windows(starts_at, ends_at)
            if named and window.start < ends_at and window.end > starts_at
        ]
    return sorted(found, key=lambda window: (window["from"], window["to"], window["devices"]))


def work_of(record: Maintenance) -> Work:
    """The record as the rules see it."""
    return Work(
        devices=tuple(record.devices),
        when=_rule_of(record.weekly) if record.weekly else Interval(record.start, record.end),
        announced_at=record.announced_at,
        cancelled_at=record.cancelled_at,
    )


def _announce(client: str, plan: Plan, operator: Operator, *, short_notice: bool) -> tuple[Maintenance, bool]:
    entry = known_client(client)
    known = maintenance_of(client)
    same = next((record for record in known if _is_same(record, plan)), None)
    if same is not None:
        return same, False
    versions = [version.contract for version in versions_of(client)]
    devices = [row.device for row in devices_of(client) if row.state != RETIRED]
    problems = plan.problems(versions, devices, operator.at, short_notice=short_notice)
    if problems:
        raise RefusedError("\n".join(problems))
    record = _new_record(client, plan, operator, known)
    change_client(
        operator,
        entry,
        f"maintenance {record.maintenance} of {', '.join(plan.devices)} announced: {plan.reason}",
        lambda transaction: transaction.save(record, condition=Maintenance.sk.does_not_exist()),
        _event("maintenance.announced", record, operator),
    )
    return record, True


def _cancel(client: str, maintenance: str, operator: Operator) -> tuple[Maintenance, bool]:
    entry = known_client(client)
    record = find_maintenance(client, maintenance)
    if record is None:
        raise RefusedError(
            f"There is no maintenance {maintenance}; `makegood maintenance list {client}` names it."
        )
    if record.cancelled_at is not None:
        return record, False
    if not any(window.start > operator.at for window in work_of(record).windows(operator.at, record.end)):
        raise RefusedError(f"{maintenance} has begun, and what has begun cannot be cancelled.")
    change_client(
        operator,
        entry,
        f"maintenance {maintenance} cancelled",
        lambda transaction: transaction.update(
            record,
            actions=[
                Maintenance.cancelled_at.set(operator.at),
                Maintenance.cancelled_by.set(operator.who),
                Maintenance.open_shard.set(UNMAILED),
                Maintenance.wake_at.set(operator.at),
            ],
            condition=Maintenance.cancelled_at.does_not_exist(),
        ),
        _event("maintenance.cancelled", record, operator),
    )
    return find_maintenance(client, maintenance) or record, True


def _is_same(record: Maintenance, plan: Plan) -> bool:
    work = work_of(record)
    stands = record.cancelled_at is None
    return stands and (work.devices, work.when, record.reason) == (plan.devices, plan.when, plan.reason)


def _new_record(client: str, plan: Plan, operator: Operator, known: Iterable[Maintenance]) -> Maintenance:
    windows = plan.windows()
    first, last = windows[0], windows[-1]
    number = 1 + sum(record.start == first.start for record in known)
    name = f"{stamp(first.start)}-{number}"
    return Maintenance(
        client,
        f"maintenance#{name}",
        client=client,
        maintenance=name,
        devices=list(plan.devices),
        start=first.start,
        end=last.end,
        weekly=_rule_as_json(plan.when) if isinstance(plan.when, Weekly) else None,
        reason=plan.reason,
        announced_at=operator.at,
        announced_by=operator.who,
        open_shard=UNMAILED,
        wake_at=operator.at,
    )


def _event(kind: str, record: Maintenance, operator: Operator) -> Write:
    data = {
        "maintenance": record.maintenance,
        "devices": record.devices,
        "from": format_instant(record.start),
        "to": format_instant(record.end),
        "weekly": record.weekly is not None,
        "by": operator.who,
    }
    return announce_event(Event(kind, record.client, record.maintenance, operator.at, data=data))


def _rule_as_json(rule: Weekly) -> Json:
    return {
        "on": [WEEKDAYS[weekday] for weekday in rule.weekdays],
        "from": rule.starts.isoformat("seconds"),
        "to": rule.ends.isoformat("seconds"),
        "first": rule.first.isoformat(),
        "last": rule.last.isoformat(),
        "timezone": rule.zone.key,
    }


def _rule_of(written: Json) -> Weekly:
    return Weekly(
        weekdays=tuple(WEEKDAYS.index(name) for name in written["on"]),
        starts=time.fromisoformat(written["from"]),
        ends=time.fromisoformat(written["to"]),
        first=date.fromisoformat(written["first"]),
        last=date.fromisoformat(written["last"]),
        zone=ZoneInfo(written["timezone"]),
    )
