"""Writes docs/contract.md, api.md, settings.md and cost.md from the code: `make reference`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from makegood_cli.contract_schema import contract_schema
from makegood_local.template import load_template
from openapi_document import document
from support import cost_document

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

Json = dict[str, Any]

WRITTEN = "<!-- written by tests/support/reference_documents.py -->"
METHODS = ("get", "head", "post", "put", "options")
MOST_NAMED = 12
"""Of longer lists of values a page names the first few."""


def pages() -> dict[Path, str]:
    """Every page with its text."""
    made = {
        "contract.md": _contract(),
        "api.md": _api(),
        "settings.md": _settings(),
        "cost.md": cost_document.lines(),
    }
    return {DOCS / name: "\n".join([*lines, ""]) for name, lines in made.items()}


def _contract() -> Iterator[str]:
    yield from _title(
        "Contract files",
        "What may stand in the file that `makegood client apply` puts into force. "
        "[A schema](contract.schema.json) lets editors complete it; `makegood contract check` says by line "
        "what is wrong, and in plain words what is promised.",
    )
    schema = contract_schema()
    yield from _table("field", "is", "means", rows=_fields(schema, ""))
    yield from ("", "## Every field, with examples", "", "```yaml")
    yield (ROOT / "contracts/every-option.yaml").read_text().rstrip()
    yield "```"


def _fields(schema: Json, above: str) -> Iterator[tuple[str, str, str]]:
    for name, field in schema.get("properties", {}).items():
        inner = next((each for each in field.get("anyOf", [field]) if each.get("type") != "null"), field)
        path = f"{above}{name}"
        needed = ", required" if name in schema.get("required", ()) else ""
        yield f"`{path}`", f"{_kind(inner)}{needed}", field.get("description", "")
        if inner.get("type") == "object":
            yield from _fields(inner, f"{path}.")
        elif inner.get("items", {}).get("type") == "object":
            yield from _fields(inner["items"], f"{path}[].")


def _kind(field: Json) -> str:
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        named = [f"`{each}`" for each in field["enum"][:MOST_NAMED]]
        return ", ".join(named) + (", …" if len(field["enum"]) > MOST_NAMED else "")
    if "examples" in field:
        return "such as " + ", ".join(f"`{_example(each)}`" for each in field["examples"])
    if field.get("type") == "integer":
        return _range("whole number", field.get("minimum"), field.get("maximum"))
    if field.get("type") == "array":
        return "list"
    if "anyOf" in field:
        return " or ".join(
            dict.fromkeys(_kind(each) for each in field["anyOf"] if each.get("type") != "null")
        )
    return {"string": "text", "object": "fields"}.get(str(field.get("type")), str(field.get("type", "any")))


def _example(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example)


def _range(kind: str, least: object, most: object) -> str:
    bounds = [f"from {least}"] if least is not None else []
    bounds += [f"to {most}"] if most is not None else []
    return " ".join([kind, *bounds])


def _api() -> Iterator[str]:
    described = document()
    yield from _title("The agents' API", described["info"]["description"])
    yield ""
    yield "A deployment describes itself to programs at `/v1/openapi.json`, from which this page is written."
    for path, found in described["paths"].items():
        yield from ("", f"## `{path}`")
        if "description" in found:
            yield from ("", found["description"])
        if "parameters" in found:
            rows = [
                (f"`{each['name']}`", f"{each['in']}", each.get("description", ""))
                for each in found["parameters"]
            ]
            yield from ("", *_table("parameter", "in", "means", rows=rows))
        for methods, operation in _operations(found):
            yield from (
                "",
                f"### {', '.join(methods)} `{path}`",
                "",
                f"{operation['summary']}.".replace("..", "."),
            )
            if "description" in operation:
                yield from ("", operation["description"])
            yield from ("", *_table("status", "means", rows=_answers(described, operation)))
    yield from ("", "## Bodies")
    for name, schema in described["components"]["schemas"].items():
        yield from ("", f"### {name}", "", "```json", json.dumps(schema, indent=2), "```")


def _operations(found: Json) -> list[tuple[list[str], Json]]:
    """Methods that are described alike are one."""
    alike: dict[str, list[str]] = {}
    for method in METHODS:
        if method in found:
            alike.setdefault(found[method]["summary"], []).append(method)
    return [([method.upper() for method in methods], found[methods[-1]]) for methods in alike.values()]


def _answers(described: Json, operation: Json) -> Iterator[tuple[str, str]]:
    for status, answer in operation["responses"].items():
        named = answer.get("$ref", "").rpartition("/")[2]
        whole = described["components"]["responses"][named] if named else answer
        yield status, whole["description"]


def _settings() -> Iterator[str]:
    template = load_template(ROOT / "infra/template.yaml")
    yield from _title(
        "Settings of a deployment",
        "The parameters of [the template](../infra/template.yaml), given to `sam deploy` by "
        "`parameter_overrides` in `samconfig.toml` ([deploying](deploy.md)). What a client is promised "
        "stands in its [contract](contract.md).",
    )
    rows = [
        (f"`{name}`", _default(given), given["Description"]) for name, given in template["Parameters"].items()
    ]
    yield from _table("parameter", "default", "means", rows=rows)
    yield from ("", "## Outputs", "", "What the stack tells those who use it.", "")
    outputs = [(f"`{name}`", each.get("Description", "")) for name, each in template["Outputs"].items()]
    yield from _table("output", "is", rows=outputs)


def _default(given: Json) -> str:
    if "Default" not in given:
        return "must be given"
    default = "empty" if given["Default"] == "" else f"`{given['Default']}`"
    choices = [f"`{each}`" for each in given.get("AllowedValues", ()) if each != given["Default"]]
    return f"{default}; or {', '.join(choices)}" if choices else default


def _title(title: str, text: str) -> tuple[str, ...]:
    return (f"# {title}", "", WRITTEN, "", text, "")


def _table(*columns: str, rows: Any) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<")


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text)
