"""Builds layers and functions as `sam build` would, for the interpreter of the embedded AWS."""

from __future__ import annotations

import fcntl
import hashlib
import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from makegood_local.emulator import PYTHON, ROOT, LocalError

BUILD = ROOT / "build/local"
EPOCH = (1980, 1, 1, 0, 0, 0)
COMPILE = ("-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash")
INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps")


def package(source: Path) -> bytes:
    """The archive that AWS would be given for a function's or a layer's folder."""
    with _one_builder():
        if (source / "requirements.txt").exists():
            return _dependencies(source / "requirements.txt").read_bytes()
        return _sources(source)


def _dependencies(requirements: Path) -> Path:
    """The layer of third-party packages, installed anew only when its lock or the interpreter changed."""
    key = hashlib.sha256(requirements.read_bytes() + str(PYTHON.resolve()).encode()).hexdigest()[:16]
    archive = BUILD / f"dependencies-{key}.zip"
    if not archive.exists():
        stage = _empty(BUILD / "dependencies")
        target = ("--require-hashes", "-r", str(requirements), "--target", str(stage / "python"))
        _python(*INSTALL, *target)
        partial = archive.with_suffix(".partial")
        partial.write_bytes(_compiled(stage))
        partial.rename(archive)
    return archive


def _sources(source: Path) -> bytes:
    """Our own code; SAM puts a layer's code below python/, and so do we."""
    is_layer = source.parent.name == "layers"
    stage = _empty(BUILD / "stage")
    shutil.copytree(source, stage / "python" if is_layer else stage, ignore=_not_code, dirs_exist_ok=True)
    return _compiled(stage)


def _not_code(_: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__" or name.endswith(".egg-info")}


def _compiled(stage: Path) -> bytes:
    _python(*COMPILE, "-s", str(stage), str(stage))
    return _archive(stage)


def _python(*arguments: str) -> None:
    done = subprocess.run([str(PYTHON), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"packaging failed: {' '.join(arguments)}\n{done.stdout}{done.stderr}")


def _archive(folder: Path) -> bytes:
    """The same bytes for the same files: names sorted, no times, nothing compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(str(path.relative_to(folder)), EPOCH)
                info.external_attr = 0o644 << 16
                archive.writestr(info, path.read_bytes())
    return buffer.getvalue()


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def _one_builder() -> Iterator[None]:
    """Stacks may start at the same time; they share the build folder one after another."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
