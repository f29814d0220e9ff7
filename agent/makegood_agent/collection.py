"""Collects evidence at its own pace, beside the heartbeats and never in their way."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from makegood_agent import isolated, timing
from makegood_agent.logs import explain, log
from makegood_agent.wanted import PLANS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from makegood_agent.store import Store
    from makegood_agent.wanted import Wanted

KEPT_SECONDS = 24 * 3600
RETRY_SECONDS = 15 * 60


class Collected:
    """The newest evidence of one practice: kept until it is delivered, for a day at most."""

    key = "evidence"

    def __init__(self, practice: str, store: Store, device: Callable[[], str]) -> None:
        self.name = practice
        self.store = store
        self.device = device
        self.sent: Any = None
        self.lock = threading.Lock()

    def keep(self, answer: dict[str, Any]) -> None:
        kept = {"at": int(time.time()), **{name: answer.get(name) for name in ("facts", "memory", "failed")}}
        with self.lock:
            self.store.put(f"evidence-{self.name}", kept)

    def pending(self) -> list[dict[str, Any]]:
        self.sent = kept = self.store.get(f"evidence-{self.name}")
        if not isinstance(kept, dict) or not isinstance(kept.get("facts"), dict):
            return []
        # The server dates evidence by its arrival: an old finding would prove what nobody looked at today.
        if not isinstance(kept.get("at"), int) or not 0 <= time.time() - kept["at"] <= KEPT_SECONDS:
            return []
        return [{"device": self.device(), "practice": self.name, "facts": kept["facts"]}]

    def settle(self, taken: bool, /) -> None:
        """Forget the finding that was judged, but not what was learned by it, unless a newer one came.

        Nothing was delivered by a finding that the server did not take, or that found out nothing.
        """
        memory = self.sent.get("memory")
        with self.lock:
            if self.sent == self.store.get(f"evidence-{self.name}"):
                self.store.put(f"evidence-{self.name}", None if memory is None else {"memory": memory})
        if taken and not self.sent.get("failed"):
            self.store.put(f"memory-{self.name}", memory)

    def memories(self) -> dict[str, Any]:
        """What the collector learned in its last run, and what it had learned when last delivered."""
        delivered = self.store.get(f"memory-{self.name}")
        kept = self.store.get(f"evidence-{self.name}")
        latest = kept.get("memory") if isinstance(kept, dict) else delivered
        return {"latest": latest, "delivered": delivered}


class Collection:
    """All that this machine proves; what an earlier run kept is delivered, whatever is collected now."""

    def __init__(self, wanted: list[Wanted], store: Store, device: Callable[[], str]) -> None:
        self.wanted = wanted
        self.folder: Path | None = store.folder
        self.parts = [Collected(practice, store, device) for practice in PLANS]
        self.problems: dict[str, str] = {}

    def start(self) -> None:
        """Collect for as long as the process lives: everything at once, then each at its interval."""
        if self.wanted:
            threading.Thread(target=self._run, daemon=True).start()

    def collect_all(self) -> None:
        for wanted in self.wanted:
            self.collect(wanted)

    def show(self) -> int:
        """Print what the collectors find, and deliver nothing; 1 when one of them could not do its work."""
        found = {each.practice: self._found(each) for each in self.wanted}
        facts = {practice: answer["facts"] for practice, answer in found.items()}
        sys.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
        return 1 if any(answer.get("failed") for answer in found.values()) else 0

    def collect(self, wanted: Wanted) -> float:
        """Collect one practice and keep what was found; in how many seconds it is due again."""
        answer = self._found(wanted)
        self._part(wanted).keep(answer)
        self._note(wanted.practice, str(answer["facts"].get("undetermined", "")))
        return min(wanted.every, RETRY_SECONDS) if answer.get("failed") else wanted.every

    def _run(self) -> None:
        due = [(timing.clock(), number) for number in range(len(self.wanted))]
        while True:
            due.sort()
            at, number = due.pop(0)
            timing.sleep_until(at)
            due.append((timing.clock() + self.collect(self.wanted[number]), number))

    def _found(self, wanted: Wanted) -> dict[str, Any]:
        memories = self._part(wanted).memories()
        try:
            return isolated.collect(wanted, memories, self.folder)
        except Exception as error:  # a full disk, no more processes: the next time may be better
            facts = {"undetermined": f"all: {explain(error)}"[:200]}
            return {"facts": facts, "memory": memories["latest"], "failed": True}

    def _part(self, wanted: Wanted) -> Collected:
        return next(part for part in self.parts if part.name == wanted.practice)

    def _note(self, practice: str, problem: str) -> None:
        if problem != self.problems.get(practice, ""):
            log.info("%s: %s", practice, problem or "everything is determined again")
        self.problems[practice] = problem
