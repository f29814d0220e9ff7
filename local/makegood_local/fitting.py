"""`make build`: `sam build` and its bytecode, and what the embedded AWS of a rehearsal needs changed."""

from __future__ import annotations

import copy
import json
import os
import sys

from makegood_local.deployment import TEMPLATE
from makegood_local.emulator import ROOT, LocalError
from makegood_local.packaging import install_dependencies
from makegood_local.rehearsal import FILE
from makegood_local.sam.build import run_sam, write_bytecode
from makegood_local.template import Template, load_template, local_changes

BUILT = ROOT / ".aws-sam/build/template.yaml"
ACCOUNT = "000000000000"
PLACE = "OnlyInARehearsal"


def main() -> int:
    try:
        run_sam("build", "--template", str(TEMPLATE.relative_to(ROOT)))
        write_bytecode(BUILT.parent)
        print(f"sam build: {BUILT.parent.relative_to(ROOT)}")
        url = rehearsed()
        if url:
            print("AWS_ENDPOINT_URL is that of `make rehearsal`, so its template is changed:")
            template = load_template(BUILT)
            for line in fit(template, url):
                print(f"  {line}")
            BUILT.write_text(json.dumps(template, indent=1) + "\n")  # JSON is YAML
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def rehearsed() -> str:
    """The front door of the rehearsal that this terminal speaks to; empty for AWS and everything else."""
    if not FILE.exists():
        return ""
    found: dict[str, str] = json.loads(FILE.read_text())
    return found["url"] if os.environ.get("AWS_ENDPOINT_URL") == found["endpoint_url"] else ""


def fit(template: Template, url: str) -> list[str]:
    """Changes the template for the embedded AWS; a line for each change, with its reason."""
    lines = []
    for why, change in local_changes(install_dependencies()):
        before = copy.deepcopy(template)
        change(template)
        lines.append(f"{why}: {', '.join(_differences(before, template))}")
    template["Parameters"]["PublicBaseUrl"]["Default"] = url
    lines.append(f"names of its APIs do not resolve: PublicBaseUrl is {url}")
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    template["Mappings"] = {PLACE: {ACCOUNT: {"Dependencies": variables["PYTHONPATH"]}}}
    variables["PYTHONPATH"] = {"Fn::FindInMap": [PLACE, {"Ref": "AWS::AccountId"}, "Dependencies"]}
    lines.append(f"AWS is to refuse what was changed: it deploys to account {ACCOUNT} alone")
    return lines


def _differences(before: Template, after: Template) -> list[str]:
    old, new = before["Resources"], after["Resources"]
    return [name if name in new else f"no {name}" for name in old if old[name] != new.get(name)]


if __name__ == "__main__":
    sys.exit(main())
