"""What all mails and pages share: the templates, the palette, how lengths and counts are written."""

from __future__ import annotations

import textwrap
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from makegood.mail.compiled import CompiledTemplates
from makegood.texts import UNSAFE

_TEMPLATES: Final = Path(__file__).parent / "templates"
_TEXT_WIDTH: Final = 76
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))

PALETTE: Final = {
    "ink": "#1c2733",
    "soft": "#5a6775",
    "line": "#dde3e9",
    "paper": "#ffffff",
    "ground": "#eef1f4",
    "button": "#1b5e9b",
}

TONES: Final = {
    "good": {"ink": "#14653b", "ground": "#e5f4eb"},
    "bad": {"ink": "#a3231b", "ground": "#fcebe9"},
    "warn": {"ink": "#7a4d00", "ground": "#fdf2d9"},
    "calm": {"ink": "#1b5e9b", "ground": "#e8f1fa"},
    "plain": {"ink": "#475360", "ground": "#eef1f4"},
}
"""Colours that mean something: kept, broken, excused or at risk, still open, neither."""

DARK_PALETTE: Final = {
    "ink": "#e8edf2",
    "soft": "#a3b0bd",
    "line": "#35404c",
    "paper": "#1a2129",
    "ground": "#0f1419",
    "link": "#8dc3f5",
}

DARK_TONES: Final = {
    "good": {"ink": "#7fd6a3", "ground": "#16382a"},
    "bad": {"ink": "#ff9f96", "ground": "#45211f"},
    "warn": {"ink": "#f2c879", "ground": "#41330f"},
    "calm": {"ink": "#8dc3f5", "ground": "#17324b"},
    "plain": {"ink": "#b9c4cf", "ground": "#29323c"},
}


def render(template: str, **context: Any) -> str:
    """A template of this package; `*.html.j2` escapes everything it is given, `*.txt.j2` is plain text."""
    return environment(_TEMPLATES).get_template(template).render(**context)


def show_length(seconds: int) -> str:
    """A length exactly: 9000 is `2 h 30 min`."""
    parts = []
    rest = seconds
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`1 promise`, `2 promises`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


@cache
def environment(*folders: Path) -> Environment:
    """The templates of these folders, which know the palette and let nothing harmful through."""
    environment = Environment(
        loader=FileSystemLoader(folders),
        bytecode_cache=CompiledTemplates(),
        autoescape=select_autoescape(disabled_extensions=("txt.j2",), default=True),
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(palette=PALETTE, tones=TONES, dark_palette=DARK_PALETTE, dark_tones=DARK_TONES)
    environment.filters["line"] = _on_one_line
    environment.filters["fill"] = _filled
    return environment


def compile_templates(folder: Path) -> None:
    """Compiles what is in folders of templates below a folder, so that nobody else has to."""
    for templates in folder.rglob("templates"):
        known = environment(templates)
        for name in known.list_templates(extensions=["j2"]):
            known.get_template(name)


def harmless(value: object) -> object:
    return UNSAFE.sub(" ", value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _on_one_line(value: str) -> str:
    return " ".join(value.split())


def _filled(value: str, first: str = "", others: str = "") -> str:
    """Wrapped for plain text, each line behind its indent; addresses of pages stay in one piece."""
    lines = textwrap.wrap(value, _TEXT_WIDTH - len(others), break_long_words=False, break_on_hyphens=False)
    return "\n".join((others if number else first) + line for number, line in enumerate(lines))
