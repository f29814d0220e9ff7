"""What `make build` changes for a rehearsal, and that it changes nothing for anybody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from makegood_local import fitting
from makegood_local.deployment import TEMPLATE
from makegood_local.template import Template, load_template

HERE = "http://127.0.0.1:8700"
ENDPOINT = "http://127.0.0.1:4567"


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> tuple[Template, list[str]]:
    monkeypatch.setattr(fitting, "install_dependencies", lambda: Path("/somewhere/dependencies"))
    template = load_template(TEMPLATE)
    return template, fitting.fit(template, HERE)


@pytest.fixture
def rehearsal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps({"url": HERE, "endpoint_url": ENDPOINT}))
    monkeypatch.setattr(fitting, "FILE", file)
    return file


def test_each_change_is_said_with_its_reason(fitted: tuple[Template, list[str]]) -> None:
    template, lines = fitted
    before = load_template(TEMPLATE)["Resources"]
    said = "\n".join(lines)
    changed = [name for name, body in before.items() if template["Resources"].get(name) != body]
    assert changed
    assert all(name in said for name in changed)
    assert HERE in said


def test_what_was_changed_for_a_rehearsal_can_be_deployed_to_no_other_account(
    fitted: tuple[Template, list[str]],
) -> None:
    template, _ = fitted
    path = template["Globals"]["Function"]["Environment"]["Variables"]["PYTHONPATH"]
    table, account, _ = path["Fn::FindInMap"]
    assert account == {"Ref": "AWS::AccountId"}
    assert list(template["Mappings"][table]) == ["000000000000"]


def test_a_terminal_that_speaks_to_the_rehearsal_is_known(
    rehearsal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", ENDPOINT)
    assert fitting.rehearsed() == HERE


def test_aws_and_other_endpoints_get_what_sam_built(rehearsal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert fitting.rehearsed() == ""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert fitting.rehearsed() == ""
    rehearsal.unlink()
    monkeypatch.setenv("AWS_ENDPOINT_URL", ENDPOINT)
    assert fitting.rehearsed() == ""
