"""Writes the events of docs/ from the code: `PYTHONPATH=tests .venv/bin/python -m support.events_document`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from makegood.rules.events import KINDS, Event, Kind, detail_schema
from makegood.rules.instants import parse_instant

Json = dict[str, Any]

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "events.md"
SCHEMA = DOCS / "events.schema.json"
BEGIN, END = "<!-- written by tests/support/events_document.py -->\n", "<!-- to here -->\n"

_AT = "2026-01-12T04:45:00Z"
_ABOUT = {
    "incident": ("acme-dental", "modem-20260112T041500Z"),
    "client": ("acme-dental", ""),
    "provider": ("", ""),
}
_SHOWN: Json = {
    "by": "tess@provider.example",
    "currency": "USD",
    "deadline": "2026-01-12T05:15:00Z",
    "devices": ["srv", "modem"],
    "day": "2026-01-12",
    "from": "2026-01-20T22:00:00Z",
    "level": 1,
    "maintenance": "20260120T220000Z-1",
    "period": "2026-01",
    "practice": "backup",
    "said": "exit status 2",
    "share": 50,
    "stage": "plan",
    "to": "2026-01-21T02:00:00Z",
}


def example(kind: str) -> Json:
    """An event of this kind as its listeners get it."""
    of = KINDS[kind]
    client, incident = _ABOUT[of.about]
    data = {key: _shown(key, schema) for key, schema in of.data.items()}
    return Event(kind, client, "example", parse_instant(_AT), incident, data).detail()


def page_part() -> str:
    """The page's part about each kind."""
    return "\n".join(_section(kind, of) for kind, of in KINDS.items())


def schema_file() -> str:
    """The schemas of every kind's detail, by its name."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The detail of Makegood's events, by their detail-type",
        "$defs": {kind: detail_schema(kind) for kind in KINDS},
    }
    return json.dumps(document, indent=2) + "\n"


def main() -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{page_part()}\n{END}{after}")
    SCHEMA.write_text(schema_file())


def _section(kind: str, of: Kind) -> str:
    urgent = " **Urgent.**" if of.urgent else ""
    shown = json.dumps(example(kind)["data"])
    fields = ", ".join(f"`{key}`" + (" (may be missing)" if key in of.optional else "") for key in of.data)
    lines = [f"### `{kind}`", "", of.means + urgent, ""]
    if of.data:
        lines += [f"Its data: {fields}.", "", "```json", shown, "```", ""]
    return "\n".join(lines)


def _shown(key: str, schema: Json) -> Any:
    if schema.get("type") == "array":
        return _SHOWN["devices"] if key != "to" else ["lead@provider.example"]
    if key in _SHOWN:
        return _SHOWN[key]
    if "enum" in schema:
        return schema["enum"][0]
    plain: Json = {"boolean": True, "integer": 12_000, "string": "2026-01-12T04:45:00Z", "object": {}}
    if schema.get("type") == "string" and "format" not in schema:
        return "in words"
    return plain[schema["type"]]


if __name__ == "__main__":
    main()
