"""The way from the home page to each client's pages, and whose practices wait for a person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from desk_links import Visit
from makegood.mail.look import count_of
from makegood.storage.changes import find_client
from makegood.storage.contracts import first_clients
from makegood.storage.records import ClientEntry
from makegood.storage.waiting import Wait, all_waiting
from makegood.texts import one_line

MOST_CLIENTS = 50
"""So many are listed; the others are found by their names."""

_READERS = 8


@dataclass(frozen=True)
class Listed:
    """A client by name and key, its pages, and what waits there: in words, each with its tone."""

    client: str
    name: str
    practices_url: str
    maintenance_url: str
    waits: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Clients:
    """Those that are listed, and whether there are more; `begins`: only those whose keys begin so."""

    listed: tuple[Listed, ...]
    are_more: bool
    begins: str


def clients_of(visit: Visit, begins: str) -> Clients:
    """Those first whose day misses most, then those with a log to look at, then the others by their keys."""
    waiting = {client: wait for client, wait in all_waiting(visit.now).items() if client.startswith(begins)}
    entries = {entry.client: entry for entry in first_clients(begins, MOST_CLIENTS + 1)}
    needy = sorted(waiting, key=lambda client: (_need(waiting[client]), client))
    found = list(dict.fromkeys([*needy, *entries]))
    shown = found[:MOST_CLIENTS]
    with ThreadPoolExecutor(_READERS) as pool:
        names = list(
            pool.map(lambda client: _name(entries.get(client) or find_client(client), client), shown)
        )
    return Clients(
        tuple(
            Listed(
                client,
                name,
                visit.practices_url(client),
                visit.maintenance_url(client),
                _words(waiting.get(client, Wait())),
            )
            for client, name in zip(shown, names, strict=True)
        ),
        len(found) > len(shown),
        begins,
    )


def _name(entry: ClientEntry | None, client: str) -> str:
    """As the newest contract writes it; the key where that was not noted yet."""
    return one_line(entry.name or "" if entry else "", 60) or client


def _need(wait: Wait) -> tuple[int, bool]:
    return -wait.missing, not wait.observed


def _words(wait: Wait) -> tuple[tuple[str, str], ...]:
    words = []
    if wait.missing:
        at = datetime.fromtimestamp(wait.counted_at, UTC).strftime("%H:%M UTC")
        words.append((f"{count_of(wait.missing, 'device-day')} about to be missed at {at}", "bad"))
    if wait.observed:
        words.append(("a log to look at", "warn"))
    return tuple(words)
