"""Compiled templates are kept beside them, and left aside when a template has changed."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from jinja2 import Environment

from makegood.mail.look import compile_templates, environment


@pytest.fixture(autouse=True)
def _compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "package/templates"
    folder.mkdir(parents=True)
    (folder / "hello.txt.j2").write_text("Hello {{ name }}")
    return folder


def said(folder: Path) -> str:
    """What a new process makes of the template."""
    environment.cache_clear()
    return environment(folder).get_template("hello.txt.j2").render(name="Ada")


def test_a_compiled_template_is_not_compiled_again(folder: Path) -> None:
    compile_templates(folder.parents[1])
    with patch.object(Environment, "compile", side_effect=AssertionError):
        assert said(folder) == "Hello Ada"


def test_a_template_that_changed_is_compiled_again(folder: Path) -> None:
    compile_templates(folder.parents[1])
    (folder / "hello.txt.j2").write_text("Good day {{ name }}")
    assert said(folder) == "Good day Ada"


def test_where_nothing_can_be_written_templates_work_as_well(folder: Path) -> None:
    (folder / "__pycache__").write_text("no folder")
    assert said(folder) == "Hello Ada"
