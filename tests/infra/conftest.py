"""The deployment as data: the template, the state machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from makegood_local.template import load_template

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]


@pytest.fixture(scope="session")
def template() -> Json:
    return load_template(ROOT / "infra/template.yaml")


@pytest.fixture(scope="session")
def resources(template: Json) -> Json:
    """Logical name -> resource."""
    return dict(template["Resources"])


@pytest.fixture(scope="session")
def functions(resources: Json) -> Json:
    """Logical name -> properties of each function."""
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


@pytest.fixture(scope="session")
def states() -> Json:
    """Name -> state of the incident's timer."""
    return dict(json.loads((ROOT / "infra/incident.asl.json").read_text())["States"])
