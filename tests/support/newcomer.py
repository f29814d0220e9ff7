"""Somebody who has just got the project: a copy of it, without what was ever written here, and a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("layers/makegood", "cli", "local", "simulator")
INSTALLED = (".venv", ".tools", "build/local")
"""What would take minutes to install anew; the copy has these of this folder."""


def copy_of_the_project(folder: Path) -> Path:
    """The project as somebody gets it, in a folder that is not there yet."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)  # with its times, by which make decides
    for name in INSTALLED:
        (ROOT / name).mkdir(parents=True, exist_ok=True)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
    return folder


def shell_of_a_newcomer(copy: Path, home: Path) -> dict[str, str]:
    """The environment of somebody with no home, no account and no settings, whose makegood is the copy's."""
    home.mkdir()
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if ".venv" not in folder]
    return {
        "HOME": str(home),
        "PATH": os.pathsep.join(path),
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(str(copy / package) for package in PACKAGES),
        "SAM_CLI_TELEMETRY": "0",
    }
