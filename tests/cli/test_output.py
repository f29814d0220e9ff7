"""Text from data cannot steer the terminal, numbers read as people say them."""

from __future__ import annotations

import pytest

from makegood_cli.output import duration, length, percent, safe
from makegood_cli.tables import print_fields, print_table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, Überführung, 東京", "plain text, Überführung, 東京"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1bcreset", "reset"),
        ("bell\x07 back\x08 null\x00 csi\x9b31m", "bell back null csi31m"),
        ("over\rwritten", "overwritten"),
        ("turned \u202eround\u2066", "turned round"),
        ("zero\u200bwidth", "zerowidth"),
        ("tab\tand\u2028line", "tab and line"),
        ("half \ud800 a pair", "half  a pair"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_nothing_invisible_gets_through(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_a_table_takes_markup_and_lines_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [("[bold]loud[/bold] :smile:\nsecond",), (None,), (("a", "b"),)])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[2:5] == ["[bold]loud[/bold] :smile: second", "", "a, b"]


def test_a_table_that_nobody_looks_at_is_as_wide_as_its_content(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "more"), [("x" * 300, "y")])
    assert "x" * 300 + "   y" in capsys.readouterr().out


def test_a_table_without_rows_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "more"), [])
    assert capsys.readouterr().out == "none\n\n"


def test_a_table_that_does_not_fit_the_terminal_is_a_list_of_fields(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "24", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    row = ("front-desk", "2026-03-12T04:00:00Z")
    print_table(("device", "last seen"), [row, ("till", None)])
    assert capsys.readouterr().out == (
        "device     front-desk\nlast seen  2026-03-12T04:00:00Z\n\ndevice  till\n\n"
    )
    monkeypatch.setenv("COLUMNS", "40")
    print_table(("device", "last seen"), [row])
    assert "front-desk   2026-03-12T04:00:00Z" in capsys.readouterr().out


def test_fields_that_are_not_there_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_fields({"cause": "a cable", "steps": None, "eta": ""})
    assert capsys.readouterr().out == "cause  a cable\n"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "61 seconds"),
        (900, "15 minutes"),
        (3_600, "1 hour"),
        (5_400, "90 minutes"),
        (86_400, "1 day"),
        (259_200, "3 days"),
    ],
)
def test_durations_read_as_people_say_them(seconds: int, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1.0 min"),
        (179, "3.0 min"),
        (750, "12.5 min"),
        (3_599, "60.0 min"),
        (3_600, "1.0 h"),
        (951_800, "264.4 h"),
        (2_678_400, "744.0 h"),
    ],
)
def test_measured_lengths_are_rounded_to_what_can_be_read(seconds: int, said: str) -> None:
    assert length(seconds) == said


@pytest.mark.parametrize(
    ("bps", "said"), [(0, "0%"), (500, "5%"), (725, "7.25%"), (250, "2.5%"), (5, "0.05%"), (10_000, "100%")]
)
def test_shares_read_as_percentages(bps: int, said: str) -> None:
    assert percent(bps) == said
