"""`sam build` as it is done for AWS, what comes of it, and Lambda's limits."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makegood_local.deployment import TEMPLATE
from makegood_local.emulator import REGION, ROOT, LocalError
from makegood_local.template import load_template

SAM = ROOT / ".tools/sam/bin/sam"
BUILD = ROOT / "build/sam"
ARM, X86 = "arm64", "x86_64"

MOST_BYTES = 262_144_000
"""250 MB: what AWS takes of a function with its layers, unzipped."""
MOST_LAYERS = 5

_COMPILE_TEMPLATES = """
import pathlib, sys
from makegood.mail.look import compile_templates
compile_templates(pathlib.Path(sys.argv[1]))
"""

Json = dict[str, Any]


@dataclass(frozen=True)
class Built:
    """A function as built: its folder, those of its layers as they are searched, its properties."""

    name: str
    folder: Path
    layers: tuple[Path, ...]
    properties: Json

    @property
    def bytes(self) -> int:
        return sum(_size(folder) for folder in (self.folder, *self.layers))


def own_architecture() -> str:
    """The architecture of Lambda that this machine can run."""
    machine = platform.machine().lower()
    return ARM if machine in {"arm64", "aarch64"} else X86


def runtime() -> str:
    """The runtime of the functions, such as python3.13; its name is that of the interpreter too."""
    return str(load_template(TEMPLATE)["Globals"]["Function"]["Runtime"])


def runtime_python() -> Path:
    """The interpreter of the functions' runtime on this machine; LocalError says how to get it."""
    name = runtime()
    for candidate in _candidates(name):
        asked = [str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"]
        try:
            done = subprocess.run(asked, capture_output=True, text=True, check=False)
        except OSError:
            continue
        version, _, executable = done.stdout.strip().partition(" ")
        if done.returncode == 0 and f"python{version}" == name:
            return Path(executable)
    raise LocalError(
        f"`sam build` needs the functions' own Python, {name}, and it is not on the PATH.\n"
        f"Get it by one of: pyenv install {name.removeprefix('python')}; uv python install --default "
        f"{name.removeprefix('python')}; apt-get install {name} (where the distribution has it).\n"
        f"With Docker no Python is needed: sam build --use-container --template infra/template.yaml"
    )


def validate() -> None:
    """`sam validate --lint`; LocalError when it finds something."""
    run_sam("validate", "--lint", "--region", REGION, "--template", str(TEMPLATE))


def build(architecture: str) -> Path:
    """Builds the template for an architecture, this machine's or another; the folder it is in."""
    folder = BUILD / architecture
    options = ("--template", str(TEMPLATE), "--build-dir", str(folder), *as_built(architecture))
    run_sam("build", "--region", REGION, *options)
    write_bytecode(folder)
    return folder


def as_built(architecture: str) -> tuple[str, str]:
    """What SAM CLI has to be told of the processor, in building and again in running."""
    return "--parameter-overrides", f"Architecture={architecture}"


def run_sam(*arguments: str) -> str:
    """What SAM CLI printed, the runtime's Python on its PATH. LocalError with its words when it failed."""
    if not SAM.exists():
        raise LocalError("SAM CLI is not installed; run: make .tools/sam/.done")
    path = os.pathsep.join([str(runtime_python().parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(
        [str(SAM), *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LocalError(f"sam {arguments[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def write_bytecode(folder: Path) -> None:
    """Compiles all Python below a folder of `sam build`, which leaves that out, for the functions' runtime.

    Lambda's folders cannot be written to: every new process would compile everything again. The files that
    are written are not compared with their sources, whose times change on the way to AWS.
    """
    mode = ("--invalidation-mode", "unchecked-hash")
    layers = os.pathsep.join(map(str, folder.glob("*Layer/python")))
    for command in (
        ("-m", "compileall", "-q", "-f", *mode, "-s", str(folder), str(folder)),
        ("-c", _COMPILE_TEMPLATES, str(folder)),
    ):
        done = subprocess.run(
            [str(runtime_python()), *command],
            env={"PYTHONPATH": layers},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise LocalError(f"what was built cannot be compiled:\n{done.stdout}{done.stderr}")


def without_bytecode(folder: Path) -> list[Path]:
    """The Python and the templates below a folder that Lambda would compile each time."""
    tag = f"cpython-{runtime().removeprefix('python').replace('.', '')}"
    return [
        *_without(folder, "*.py", lambda file: f"{file.stem}.{tag}.pyc"),
        *_without(folder, "*.j2", lambda file: f"{file.name}.{tag}.jinja"),
    ]


def built_functions(folder: Path) -> list[Built]:
    """The functions in a folder of `sam build`, by their template there."""
    template = load_template(folder / "template.yaml")
    shared, resources = template["Globals"]["Function"], template["Resources"]
    return [
        Built(
            name,
            folder / resource["Properties"]["CodeUri"],
            tuple(
                folder / resources[layer["Ref"]]["Properties"]["ContentUri"]
                for layer in (*shared["Layers"], *resource["Properties"].get("Layers", ()))
            ),
            {**shared, **resource["Properties"]},
        )
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]


def too_large(functions: list[Built]) -> list[str]:
    """What AWS would refuse, a sentence each."""
    return [
        *(
            f"{each.name} has {each.bytes:,} bytes with its layers, AWS takes {MOST_BYTES:,}"
            for each in functions
            if each.bytes > MOST_BYTES
        ),
        *(
            f"{each.name} has {len(each.layers)} layers, AWS takes {MOST_LAYERS}"
            for each in functions
            if len(each.layers) > MOST_LAYERS
        ),
    ]


def compiled_for(folder: Path) -> set[str]:
    """The processors that the compiled parts below a folder are made for, by what their files say."""
    machines = {0x3E: X86, 0xB7: ARM}
    found = set()
    for file in folder.rglob("*.so"):
        with file.open("rb") as content:
            head = content.read(20)
        machine = int.from_bytes(head[18:20], "little") if head[:4] == b"\x7fELF" else 0
        found.add(machines.get(machine, "another processor"))
    return found


def _candidates(name: str) -> Iterator[Path]:
    """What the PATH names, then what pyenv has: its shim on the PATH may stand for another version."""
    found = shutil.which(name)
    homes = [Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")]
    if found:
        yield Path(found)
        homes.append(Path(found).parent.parent)
    for home in homes:
        yield from sorted(home.glob(f"versions/*/bin/{name}"), reverse=True)


def _without(folder: Path, pattern: str, compiled: Callable[[Path], str]) -> Iterator[Path]:
    return (
        file for file in folder.rglob(pattern) if not (file.parent / "__pycache__" / compiled(file)).exists()
    )


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
