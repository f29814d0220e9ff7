"""Makes text that people typed harmless: in its line, in its direction, without control characters."""

from __future__ import annotations

import re
from typing import Final

UNSAFE: Final = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""All but the line feed: no name may break out of its line or rearrange an amount beside it."""

_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def one_line(text: str, longest: int = 200) -> str:
    """The text as one line, cut with an ellipsis: for subjects, headings and names in sentences."""
    line = " ".join(UNSAFE.sub(" ", text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def clean_text(text: str) -> str:
    """The text with `\\n` at the end of each line, and without blank space at its ends."""
    lines = _LINE_ENDS.sub("\n", text).replace("\t", "    ").split("\n")
    return "\n".join(UNSAFE.sub("", line).rstrip() for line in lines).strip()
