"""The promises about issued periods: what turns out later is made good, once, and told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from makegood.rules.instants import Period
from makegood_simulator.platform import HOUR, Platform, written
from makegood_simulator.reading_corrections import owed_cents
from makegood_simulator.tables import Row, Tables, integer, text
from makegood_simulator.wire import Call, sets, writes

SETTLED_WITHIN = 4 * HOUR
"""How long a change may wait to be reckoned once no statement is due any more."""


class Corrections:
    """Watches what changes after the fact."""

    def __init__(self, platform: Platform, tables: Tables) -> None:
        self._platform = platform
        self._witness = platform.witness
        self._tables = tables
        self._unsettled: dict[str, int] = {}

    def are_due(self) -> bool:
        """Whether something changed that nobody has reckoned yet."""
        return bool(self._unsettled)

    def observe(self, operation: str, call: Call) -> None:
        for kind, write in writes(operation, call):
            key = str(write["Item"]["sk"]["S"]) if kind == "Put" and "sk" in write["Item"] else ""
            if key.startswith("dirty#"):
                self._unsettled.setdefault(key, self._platform.agenda.now)
            elif kind == "Update" and sets(write, "settled_at"):
                self._unsettled.pop(str(write["Key"]["sk"]["S"]), None)

    def broken(
        self,
        statements: Mapping[Period, Mapping[str, Any]],
        frozen: Mapping[Period, Mapping[str, Any]],
        present: Iterable[Mapping[str, Any]],
        issued: Iterable[Period],
    ) -> Iterator[str]:
        """At the end: one sentence for what is not made good, made good twice, or not told."""
        now, rows = self._platform.agenda.now, list(self._adjustments())
        yield from self._misplaced(rows, frozen)
        for key, since in self._unsettled.items():
            if since < now - SETTLED_WITHIN and not self._waits(statements, issued):
                yield f"{key} was marked at {written(since)} and is not reckoned"
        if self._unsettled:
            return  # on its way
        known = list(present)
        for period in issued:
            paid = sum(integer(row, "cents") or 0 for _, row in rows if text(row, "period") == period)
            owed = owed_cents(dict(statements[period]), dict(frozen[period]), map(dict, known))
            due = owed - statements[period]["refund_cents"]
            if paid != due:
                yield f"{period} is to be corrected by {due} in all, and was by {paid}"
        yield from self._untold(rows)

    def _waits(self, statements: Mapping[Period, Mapping[str, Any]], issued: Iterable[Period]) -> bool:
        """Whether a statement is frozen and its mails have not left: nor may a correction's have."""
        return bool(set(statements) - set(issued))

    def _adjustments(self) -> Iterator[tuple[str, Row]]:
        for partition, key, row in self._tables.everything():
            if partition == self._witness.client and key.startswith("adjustment#"):
                yield key, row

    def _misplaced(
        self, rows: list[tuple[str, Row]], frozen: Mapping[Period, Mapping[str, Any]]
    ) -> Iterator[str]:
        """Every entry stands on the statement it was settled in, as soon as there is one."""
        for period, facts in frozen.items():
            entries = [row for key, row in rows if key.split("#")[1] == period]
            wanted = sorted(integer(row, "cents") or 0 for row in entries)
            told = sorted(entry["cents"] for entry in facts.get("adjustments", ()))
            if wanted != told:
                yield f"the statement of {period} settles {told}, and on record for it is {wanted}"

    def _untold(self, rows: list[tuple[str, Row]]) -> Iterator[str]:
        sums: dict[tuple[str, str], list[int]] = {}
        for key, row in sorted(rows, key=lambda entry: entry[0]):
            _, settled, about, number = key.split("#")
            name = f"statement_{about}_adjustment-{int(number)}_"
            left = {mail.to for mail in self._witness.accepted if mail.mail.startswith(name)}
            # What was told of one statement, or paid apart, and taken back there is not told again.
            so_far = sums.setdefault((about, settled), [0])
            so_far.append(so_far[-1] + (integer(row, "cents") or 0))
            more = so_far[-1] - max(so_far[:-1])
            if more > 0 and not left:
                yield f"{key} is in the client's favour, and nobody was told"
            if more <= 0 and left:
                yield f"{key} is not in the client's favour, and was mailed to {', '.join(sorted(left))}"
