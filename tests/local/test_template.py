"""What the embedded AWS gets is the template itself, but for a list of changes with their reasons."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from makegood_local.deployment import TEMPLATE
from makegood_local.packaging import package
from makegood_local.template import (
    Template,
    code_paths,
    for_emulator,
    load_template,
    local_changes,
    with_uploads,
)

DEPENDENCIES = Path("/somewhere/dependencies")


@pytest.fixture
def template() -> Template:
    return load_template(TEMPLATE)


def test_short_forms_become_long_ones(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text('A: !Ref B\nC: !GetAtt D.E.F\nG: !Sub ["${H}", {H: !Ref I}]\nJ: !Equals [!Ref K, ""]\n')
    assert load_template(path) == {
        "A": {"Ref": "B"},
        "C": {"Fn::GetAtt": ["D", "E.F"]},
        "G": {"Fn::Sub": ["${H}", {"H": {"Ref": "I"}}]},
        "J": {"Fn::Equals": [{"Ref": "K"}, ""]},
    }


@pytest.mark.parametrize("number", range(len(local_changes(DEPENDENCIES))))
def test_each_local_change_has_a_reason_and_changes_something(template: Template, number: int) -> None:
    reason, change = local_changes(DEPENDENCIES)[number]
    before = copy.deepcopy(template)
    change(template)
    assert reason
    assert template != before


def test_the_local_changes_touch_nothing_but_these_resources(template: Template) -> None:
    before = copy.deepcopy(template)
    changed = for_emulator(template, DEPENDENCIES)["Resources"]
    touched = {name for name, body in before["Resources"].items() if changed.get(name) != body}
    assert touched == {
        "DependenciesLayer",
        "FormatsLayer",
        "TypesettingLayer",
        "AdvanceFunction",
        "AnnouncementsFunction",
        "DeskFunction",
        "IssueFunction",
        "LiveFunction",
        "PracticesFunction",
        "OneIncident",
        "StatementsPolicy",
        "SendMails",
        "TimersFailed",
        "FunctionsThrottled",
        "TablesThrottled",
    }


def test_every_code_folder_is_found_and_replaced_by_its_upload(template: Template) -> None:
    paths = code_paths(template, TEMPLATE.parent)
    assert all(path.exists() for path in paths.values())
    uploaded = with_uploads(template, dict.fromkeys(paths, "s3://bucket/key"))
    assert "../" not in json.dumps([uploaded["Resources"][name]["Properties"][key] for name, key in paths])


def test_the_same_sources_make_the_same_archive(tmp_path: Path) -> None:
    folder = tmp_path / "functions/greet"
    folder.mkdir(parents=True)
    (folder / "greet.py").write_text("def handler(event, context):\n    return 'hello'\n")
    first = package(folder)
    (folder / "greet.py").touch()
    assert package(folder) == first
    (folder / "greet.py").write_text("def handler(event, context):\n    return 'bye'\n")
    assert package(folder) != first
