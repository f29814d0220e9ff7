"""Broken rules and nets: the list fits the code as it is, and what is broken is noticed in a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from makegood_simulator.a_break import Break
from makegood_simulator.breaks import BREAKS
from makegood_simulator.broken import ROOT, copied, find_out

KNOWN = {broken.name: broken for broken in BREAKS}


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.name)
def test_what_is_to_be_broken_stands_exactly_once_in_the_code(broken: Break) -> None:
    assert (ROOT / broken.file).read_text().count(broken.text) == 1
    assert broken.text != broken.instead


def test_every_break_has_a_name_of_its_own() -> None:
    assert len(KNOWN) == len(BREAKS)


def test_a_text_that_is_not_there_is_no_silent_success(tmp_path: Path) -> None:
    (tmp_path / "rule.py").write_text("kept = at <= limit\n")
    broken = Break("rotten", "a rule", "rule.py", "kept = at < limit", "kept = True")
    with pytest.raises(ValueError, match=r"rotten: rule\.py has its text 0 times, not once"):
        broken.apply(tmp_path)


def test_only_the_copy_is_broken(tmp_path: Path) -> None:
    broken = KNOWN["beat-too-late"]
    copy = copied(broken, tmp_path)
    assert broken.instead in (copy / broken.file).read_text()
    assert broken.instead not in (ROOT / broken.file).read_text()


def test_a_broken_rule_is_noticed(tmp_path: Path) -> None:
    finding = find_out(KNOWN["beat-too-late"], range(20), tmp_path)
    assert finding.sentence is not None
    assert finding.seed == finding.months - 1
    assert str(finding).startswith(f"beat-too-late: noticed with seed {finding.seed}, month {finding.months}")


def test_what_breaks_nothing_is_not_noticed(tmp_path: Path) -> None:
    text = "The agents' door"
    harmless = Break("harmless", "a word", "functions/heartbeat/heartbeat.py", text, "A door")
    finding = find_out(harmless, range(4, 5), tmp_path)
    assert (finding.months, finding.sentence) == (1, None)
    assert str(finding).startswith("harmless: NOT noticed in 1 months")
