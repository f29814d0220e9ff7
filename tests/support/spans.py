"""Tells schemathesis what JSON Schema cannot say: no span ends before it begins."""

from __future__ import annotations

from typing import Any

import schemathesis

ENDS = (("from", "to"), ("since", "until"))


@schemathesis.hook
def before_call(_context: Any, case: Any, _arguments: Any) -> None:
    _turn(case.body)


def _turn(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _turn(item)
    elif isinstance(value, dict):
        for start, end in ENDS:
            if isinstance(value.get(start), str) and isinstance(value.get(end), str):
                value[start], value[end] = sorted((value[start], value[end]))
        _turn(list(value.values()))
