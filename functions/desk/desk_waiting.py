"""The way from the home page to each client's practices, and which of them wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from desk_links import Visit
from makegood.mail.look import count_of
from makegood.storage.records import ClientEntry
from makegood.storage.waiting import Wait, all_waiting


@dataclass(frozen=True)
class Practices:
    """A client's page of practices, and what waits there: in words, each with its tone."""

    client: str
    url: str
    waits: tuple[tuple[str, str], ...]


def practices_of(clients: list[ClientEntry], visit: Visit) -> list[Practices]:
    """Every client's, those first whose day misses most, then those with a log to look at."""
    waiting = all_waiting(visit.now)
    nothing = Wait()
    by_need = sorted(clients, key=lambda entry: _need(waiting.get(entry.client, nothing)))
    return [
        Practices(entry.client, visit.practices_url(entry.client), _words(waiting.get(entry.client, nothing)))
        for entry in by_need
    ]


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
