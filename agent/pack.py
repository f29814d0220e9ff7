"""Packs the agent into one file, which is the same, byte for byte, whenever and wherever it is packed."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
PACKED = HERE.parent / "build" / "makegood_agent.pyz"
SHEBANG = b"#!/usr/bin/env python3\n"
FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def pack(target: Path = PACKED) -> Path:
    """Writes the file; uncompressed, because compressors differ from one machine to the next."""
    sources = [HERE / "__main__.py", *sorted((HERE / "makegood_agent").rglob("*.py"))]
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.write(SHEBANG)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for source in sources:
                entry = zipfile.ZipInfo(source.relative_to(HERE).as_posix(), FIRST_DATE)
                entry.create_system = 3
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, source.read_bytes())
    target.chmod(0o755)
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{pack()}\n")
