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
LOCKS = sorted(ROOT.glob("layers/*/requirements.txt"))
EPOCH = (1980, 1, 1, 0, 0, 0)
COMPILE = ("-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash")
INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps")


def package(source: Path) -> bytes:
    """The archive that AWS would be given for a folder of our own code; a layer's stands below python/."""
    is_layer = source.parent.name == "layers"
    with _one_builder():
        stage = _empty(BUILD / "stage")
        shutil.copytree(source, stage / "python" if is_layer else stage, ignore=_not_code, dirs_exist_ok=True)
        _compile(stage)
        return _archive(stage)


def install_dependencies() -> Path:
    """The folder of the third-party packages, made anew only when their locks or the interpreter changed."""
    locked = b"".join(lock.read_bytes() for lock in LOCKS)
    key = hashlib.sha256(locked + str(PYTHON.resolve()).encode()).hexdigest()[:16]
    folder = BUILD / f"dependencies-{key}"
    with _one_builder():
        if not folder.exists():
            stage = _empty(BUILD / "dependencies")
            for lock in LOCKS:
                _python(*INSTALL, "--require-hashes", "-r", str(lock), "--target", str(stage))
            _compile(stage)
            stage.rename(folder)
    return folder


def _not_code(_: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__" or name.endswith(".egg-info")}


def _compile(stage: Path) -> None:
    _python(*COMPILE, "-s", str(stage), str(stage))


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
