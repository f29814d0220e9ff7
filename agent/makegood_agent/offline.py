"""Proof of the agent's own life while no heartbeat could be delivered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from makegood_agent.store import Store

SPANS_AT_MOST = 50
NAME = "offline"


def instant(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Offline:
    """Spans of failed beats: `[first, last, beats]`, in this machine's time, the newest fifty.

    A span ends where the agent did not run, was suspended, or the clock was turned back.
    """

    name = "offline"
    key = "offline"

    def __init__(self, store: Store, every: float) -> None:
        self.store = store
        self.gap = 2 * every + 60
        self.sent: list[list[int]] = []

    def missed(self) -> None:
        """Note that the agent lives and that this beat could not be delivered."""
        now = int(time.time())
        spans = self._spans()
        if spans and 0 <= now - spans[-1][1] <= self.gap:
            spans[-1] = [spans[-1][0], now, spans[-1][2] + 1]
        else:
            spans.append([now, now, 1])
        self.store.put(NAME, spans[-SPANS_AT_MOST:])

    def pending(self) -> list[dict[str, Any]]:
        self.sent = self._spans()
        return [{"from": instant(first), "to": instant(last), "beats": n} for first, last, n in self.sent]

    def settle(self, _taken: bool, /) -> None:
        self.store.put(NAME, [span for span in self._spans() if span not in self.sent] or None)

    def _spans(self) -> list[list[int]]:
        found = self.store.get(NAME)
        spans = found if isinstance(found, list) else []
        return [each for each in spans if _is_span(each)][-SPANS_AT_MOST:]


def _is_span(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(type(each) is int for each in value)
