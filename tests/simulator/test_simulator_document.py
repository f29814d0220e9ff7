"""docs/simulator.md says all that a tape can say and all that can befall a call."""

from __future__ import annotations

import json
import re
from pathlib import Path

from makegood_simulator.faults import Fate
from makegood_simulator.tape_file import _FORMS, PARTS, parse_tape

DOCUMENT = (Path(__file__).parents[2] / "docs/simulator.md").read_text()
ROWS = {
    row[0]: re.findall(r"`(\w+)`", row[1])
    for row in re.findall(r"^\| `(\w+)` \| (`(?!fields).*?) \|", DOCUMENT, re.MULTILINE)
}


def test_each_kind_of_line_is_explained_with_all_its_fields() -> None:
    assert {do: sorted(form.fields) for do, form in _FORMS.items()} == {
        do: sorted(fields) for do, fields in ROWS.items()
    }


def test_the_lines_that_it_shows_are_a_tape() -> None:
    shown = [line for line in DOCUMENT.splitlines() if line.startswith("{")]
    assert len(parse_tape("\n".join(shown))) == len(shown)
    assert {json.loads(line)["do"] for line in shown} == ROWS.keys() - {"retire", "contract", "issue"}


def test_each_fate_of_a_call_and_each_part_that_can_fail_is_named() -> None:
    for fate in set(Fate) - {Fate.WELL}:
        assert f"- {fate.value}" in DOCUMENT
    for part in PARTS:
        assert f"`{part}`" in DOCUMENT
