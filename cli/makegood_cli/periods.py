"""Months on the command line."""

from __future__ import annotations

from typing import Any

import click

from makegood.rules.instants import Period, parse_period


class PeriodType(click.ParamType[Period]):
    """A month, `2026-03`."""

    name = "period"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        try:
            return parse_period(value)
        except ValueError:
            self.fail(f"must be a month such as 2026-03, got {value!r}", param, ctx)
