"""Compiled templates, kept beside the templates in `__pycache__` as Python keeps compiled modules."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(BytecodeCache):
    """Written where that can be; in Lambda's folders by the build. Jinja leaves outdated ones aside."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return filename or name

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError), _place(bucket).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        place = _place(bucket)
        own = place.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            place.parent.mkdir(exist_ok=True)
            own.write_bytes(bucket.bytecode_to_string())
            own.replace(place)


def _place(bucket: Bucket) -> Path:
    template = Path(bucket.key)
    return template.parent / f"__pycache__/{template.name}.{sys.implementation.cache_tag}.jinja"
