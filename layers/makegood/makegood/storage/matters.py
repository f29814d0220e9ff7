"""What all matters of an incident share: reading it for a change, waking its timer, what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from makegood.rules.contracts import read_name
from makegood.rules.instants import Instant
from makegood.rules.shapes import did_you_mean
from makegood.storage.cases import Case, load_case
from makegood.storage.changes import RefusedError, known_client
from makegood.storage.incidents import stirring
from makegood.storage.records import ClientEntry, Incident
from makegood.storage.transactions import Write

LONGEST_TEXT = 5_000


def read_case(client: str, incident: str, now: Instant) -> tuple[ClientEntry, Case]:
    """The client's entry, read before the incident: a change in between makes the entry's revision void."""
    entry = known_client(client)
    case = load_case(client, incident, now)
    if case is None:
        raise RefusedError(
            f"There is no incident {incident}; `makegood incident list {client} --all` names them."
        )
    return entry, case


def news(incident: Incident, now: Instant) -> Iterator[Write]:
    """Wakes the incident's timer, also that of a closed one: somebody is to be told.

    One that never had a timer, as it was taken over from elsewhere, gets none.
    """
    if incident.open_shard is not None or incident.closed_at is not None:
        yield stirring(incident, now)


def refuse_unreadable(names: Mapping[str, str], texts: Mapping[str, str] | None = None) -> None:
    """Refuses what cannot be shown: names are one line, texts may have many and may be long."""
    problems = []
    for option, name in names.items():
        try:
            read_name(name)
        except ValueError as error:
            problems.append(f"{option} {error}.")
    for option, text in (texts or {}).items():
        if not text.strip() or len(text) > LONGEST_TEXT:
            problems.append(f"{option} must be a text of 1 to {LONGEST_TEXT:,} characters.")
    if problems:
        raise RefusedError("\n".join(problems))


def refuse_unknown_reason(reason: str, known: Mapping[str, str]) -> None:
    if reason not in known:
        hint = did_you_mean(reason, known)
        raise RefusedError(f"There is no reason {reason}{hint}; the reasons are {', '.join(known)}.")


def is_same_person(one: str | None, other: str | None) -> bool:
    """Whether two names mean one person: addresses are not told apart by capitals."""
    return one is not None and other is not None and one.strip().lower() == other.strip().lower()
