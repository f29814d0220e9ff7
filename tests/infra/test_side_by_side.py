"""Two deployments in one account and region, such as staging beside production, share no name."""

from __future__ import annotations

import json
from typing import Any

import pytest

Json = dict[str, Any]

KINDS = ("", "Dashboard", "LogGroup", "Table", "Bucket", "Queue", "Topic", "Function")
NAMES = [f"{kind}Name" for kind in KINDS]
NAMED_BY_OTHERS = {"AWS::Lambda::Permission", "AWS::Logs::MetricFilter"}
"""They say the name of what they belong to."""


def test_whatever_the_template_names_is_named_after_the_stack(resources: Json) -> None:
    named = {
        name: resource["Properties"][key]
        for name, resource in resources.items()
        if resource["Type"] not in NAMED_BY_OTHERS
        for key in NAMES
        if key in resource.get("Properties", {})
    }
    assert named
    assert {name for name, value in named.items() if "AWS::StackName" not in json.dumps(value)} == set()


def test_schedules_are_named_after_the_stack_since_sam_would_name_them_after_their_function(
    functions: Json,
) -> None:
    schedules = [
        event["Properties"].get("Name")
        for function in functions.values()
        for event in function.get("Events", {}).values()
        if event["Type"].startswith("Schedule")
    ]
    assert len(schedules) == 5
    assert all("AWS::StackName" in json.dumps(name) for name in schedules)


@pytest.mark.parametrize("table", ["Devices", "Records"])
def test_a_restored_table_takes_the_place_of_the_stacks_own_wherever_that_is_named(
    template: Json, table: str
) -> None:
    own = (
        json.dumps(template["Resources"]) + json.dumps(template["Outputs"]) + json.dumps(template["Globals"])
    )
    for reference in (json.dumps({"Ref": table}), json.dumps({"Fn::GetAtt": [table, "Arn"]})):
        assert own.count(reference) == own.count(f", {reference}]}}"), "one stands outside of UsesOtherTables"
    assert f"${{{table}." not in own
