"""Days and months on the command line."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from makegood.rules.instants import Period, parse_date, parse_period


class PeriodType(click.ParamType[Period]):
    """A month, `2026-03`."""

    name = "period"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        try:
            return parse_period(value)
        except ValueError:
            self.fail(f"must be a month such as 2026-03, got {value!r}", param, ctx)


class DayType(click.ParamType[date]):
    """A day, `2026-03-01`."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return parse_date(value)
        except ValueError:
            self.fail(f"must be a day such as 2026-03-01, got {value!r}", param, ctx)
