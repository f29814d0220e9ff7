"""Reads infra/template.yaml for the embedded AWS; `local_changes` lists every difference to AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]
CODE_PROPERTIES = ("CodeUri", "ContentUri", "DefinitionUri")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms of its functions."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    return {name: _split_attribute(suffix, _argument(loader, node))}


def _argument(loader: _Loader, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


def _split_attribute(suffix: str, argument: object) -> object:
    return argument.split(".", 1) if suffix == "GetAtt" and isinstance(argument, str) else argument


_Loader.add_multi_constructor("!", _function)


def load_template(path: Path) -> Template:
    """The template as plain data, every function in its long form."""
    loaded = yaml.load(path.read_text(), Loader=_Loader)  # a SafeLoader
    assert isinstance(loaded, dict)
    return loaded


def code_paths(template: Template, folder: Path) -> dict[tuple[str, str], Path]:
    """(resource, property) -> the folder or file on this machine that it names."""
    return {
        (name, key): (folder / resource["Properties"][key]).resolve()
        for name, resource in template["Resources"].items()
        for key in CODE_PROPERTIES
        if key in resource.get("Properties", {})
    }


def with_uploads(template: Template, uploads: Mapping[tuple[str, str], object]) -> Template:
    """The template with each folder or file replaced by where it was uploaded to."""
    for (resource, key), place in uploads.items():
        template["Resources"][resource]["Properties"][key] = place
    return template


def _without_metric_math(template: Template) -> None:
    resources = template["Resources"]
    for name in [name for name, resource in resources.items() if "Metrics" in resource.get("Properties", {})]:
        del resources[name]


def _without_bucket_policy(template: Template) -> None:
    del template["Resources"]["StatementsPolicy"]


def _without_saved_query(template: Template) -> None:
    del template["Resources"]["OneIncident"]


def _ses_without_resources(template: Template) -> None:
    statements = template["Resources"]["SendMails"]["Properties"]["PolicyDocument"]["Statement"]
    for statement in statements:
        if "ses:SendEmail" in statement["Action"]:
            statement["Resource"] = "*"


def _concurrency_as_number(template: Template) -> None:
    event = template["Resources"]["IssueFunction"]["Properties"]["Events"]["Statements"]["Properties"]
    event["ScalingConfig"] = {"MaximumConcurrency": template["Parameters"]["SendingRate"]["Default"]}


def _dependencies_from(folder: Path, template: Template) -> None:
    unpacked = [{"Ref": name} for name in ("DependenciesLayer", "FormatsLayer", "TypesettingLayer")]
    for layer in unpacked:
        del template["Resources"][layer["Ref"]]
    functions = template["Globals"]["Function"]
    for named in (functions, *(each.get("Properties", {}) for each in template["Resources"].values())):
        if "Layers" in named:
            named["Layers"] = [layer for layer in named["Layers"] if layer not in unpacked]
    functions["Environment"]["Variables"]["PYTHONPATH"] = str(folder)


def local_changes(dependencies: Path) -> tuple[tuple[str, Callable[[Template], None]], ...]:
    """(why the embedded AWS needs it, what is changed); `dependencies`: the layers of others."""
    return (
        ("it refuses alarms on the sum of several metrics", _without_metric_math),
        ("it speaks HTTP on this machine, and the bucket's policy allows TLS alone", _without_bucket_policy),
        ("it keeps no saved queries", _without_saved_query),
        ("it checks permissions to send mail against no resource", _ses_without_resources),
        ("it takes a number from a parameter for a text, and then polls no queue", _concurrency_as_number),
        ("it unpacks every layer anew for each process", partial(_dependencies_from, dependencies)),
    )


def for_emulator(template: Template, dependencies: Path) -> Template:
    """The template with every local change made."""
    for _, change in local_changes(dependencies):
        change(template)
    return template
