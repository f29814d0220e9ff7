"""Durations on the command line, as contracts write them."""

from __future__ import annotations

from typing import Any

import click

from makegood.rules.values import parse_positive_duration


class Duration(click.ParamType[int]):
    """A duration such as 180s, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_positive_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
