"""What came of a play as a folder: statements, mails, a log and a summary."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from makegood_simulator.mails import Mail
from makegood_simulator.platform import written
from makegood_simulator.play import Play
from makegood_simulator.summary import summarize

_OWN: Final = re.compile(
    r"log\.jsonl|summary\.json|mails(/\d{4,}-\d{8}T\d{6}Z-[^/]+\.eml)?"
    r"|\d{4}-\d\d(/(statement\.(json|html|pdf)|facts\.json))?"
)


class OccupiedError(Exception):
    """A folder that cannot be used; the text says why."""


def prepare(folder: Path) -> None:
    """Makes the folder, or sees that it holds nothing but what an earlier play left there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strange = next((path for path in sorted(folder.rglob("*")) if not _is_own(path, folder)), None)
    except OSError as error:
        raise OccupiedError(f"{folder} cannot be used: {error.strerror}") from error
    if strange is not None:
        raise OccupiedError(
            f"{folder} is not empty: {strange} is not from an earlier play. Choose another folder."
        )


def fill(folder: Path, result: Play) -> None:
    """Puts the play into a prepared folder, in the place of an earlier one."""
    _clear(folder)
    for key, content in result.files.items():
        _write(folder / key.partition("/")[2], content)
    for number, mail in enumerate(result.mails, 1):
        _write(folder / "mails" / _name(number, mail), mail.source)
    lines = "".join(f"{json.dumps(happening)}\n" for happening in result.log)
    _write(folder / "log.jsonl", lines.encode())
    _write(folder / "summary.json", f"{json.dumps(summarize(result), indent=2)}\n".encode())


def _is_own(path: Path, folder: Path) -> bool:
    name = path.relative_to(folder).as_posix()
    is_folder = "." not in name
    return _OWN.fullmatch(name) is not None and not path.is_symlink() and path.is_dir() == is_folder


def _clear(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):  # what is in a folder before the folder
        path.rmdir() if path.is_dir() else path.unlink()


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)


def _name(number: int, mail: Mail) -> str:
    """`0001-20260310T041530Z-notice-owner@acme.example.eml`: in the order of sending."""
    kind = mail.mail.split("_")[2]
    to = re.sub(r"[^A-Za-z0-9.@_+-]", "_", mail.to)
    return f"{number:04}-{re.sub('[:-]', '', written(mail.at))}-{kind}-{to}.eml"
