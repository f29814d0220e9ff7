"""The tables of docs/performance.md: medians with their quartiles; ratios and slopes round by round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from capacity import item_bytes
from healthchecks.passes import CASES, FEW_CLIENTS, FLEETS, OURS, THEIRS, Case
from healthchecks.pings import MAKEGOOD
from healthchecks.rounds import quartiles
from healthchecks.theirs import BEST, SHIPPED
from heartbeats import ITEM

Round = Mapping[str, Any]
LOOKS_EACH_MINUTE = 30
"""Healthchecks sleeps for two seconds between two passes; Makegood sweeps once a minute."""


def show(measured: Mapping[str, Any]) -> str:
    """What was measured, as Markdown."""
    parts = {"pings": _pings, "passes": _passes}
    return "\n\n".join(parts[name](found) for name, found in measured.items())


def _pings(found: Mapping[str, Any]) -> str:
    rounds = found["rounds"]
    ours = [each[MAKEGOOD]["application"] for each in rounds]
    handler = [each[MAKEGOOD]["handler"] for each in rounds]
    units = f"1 write unit ({item_bytes(ITEM)} bytes)"
    rows = [_ping_row(name, rounds, ours, handler) for name in (BEST.name, SHIPPED.name)]
    rows += [
        [
            f"{MAKEGOOD}, with its loop of HTTP",
            _milliseconds(ours),
            units,
            _in_kernel(rounds, MAKEGOOD),
            "1",
            "",
        ],
        [f"{MAKEGOOD}, the handler alone", _milliseconds(handler), "the same", "", "", "1"],
    ]
    late = max(each[name]["late"] for each in rounds for name in (BEST.name, SHIPPED.name, MAKEGOOD))
    heads = [
        "ms of CPU per ping",
        "application",
        "database",
        "in the kernel",
        "÷ with loop",
        "÷ handler alone",
    ]
    return (
        f"{_about(found)}; {found['pings a second']} pings a second, {found['pings each round']} each round, "
        f"to {found['checks']:,} checks; the latest was {late * 1_000:.0f} ms late.\n\n{_table(heads, rows)}"
    )


def _ping_row(
    name: str, rounds: Sequence[Round], ours: Sequence[float], handler: Sequence[float]
) -> list[str]:
    application = [each[name]["application"] for each in rounds]
    database = [each[name]["database"] for each in rounds]
    both = [sum(each) for each in zip(application, database, strict=True)]
    return [
        f"Healthchecks, {name}",
        _milliseconds(application),
        _milliseconds(database),
        _in_kernel(rounds, name),
        f"{_ratios(application, ours)}; with database {_ratios(both, ours)}",
        f"{_ratios(application, handler)}; with database {_ratios(both, handler)}",
    ]


def _in_kernel(rounds: Sequence[Round], name: str) -> str:
    parts = ("application", "database")
    system = sum(each[name][f"{part}, system"] for each in rounds for part in parts)
    return f"{system / sum(each[name][part] for each in rounds for part in parts):.0%}"


def _passes(found: Mapping[str, Any]) -> str:
    rounds = found["rounds"]
    rows = [_pass_row(case, rounds, found["asked"][case.key]) for case in [*CASES, FEW_CLIENTS]]
    heads = [
        "checks", "overdue", "Healthchecks", "with database", "Makegood", "Healthchecks ÷ Makegood",
        "with database ÷ Makegood", "seconds: Healthchecks", "Makegood", "Makegood's requests",
        "read units of the scan",
    ]  # fmt: skip
    slopes = [
        [name, *(_milliseconds(map(slope, rounds)) for slope in slopes)] for name, slopes in _SLOPES.items()
    ]
    slope_heads = ["ms of CPU", "Healthchecks", "with database", "Makegood"]
    return (
        f"{_about(found)}; ms of CPU of one pass.\n\n{_table(heads, rows)}\n\n{_table(slope_heads, slopes)}"
    )


def _pass_row(case: Case, rounds: Sequence[Round], asked: Mapping[str, int]) -> list[str]:
    theirs = [_spent(each, case, "application") for each in rounds]
    both = [_spent(each, case, "application", "database") for each in rounds]
    ours = [_ours(each, case) for each in rounds]
    walls = [[each[name]["seconds"] for each in rounds] for name in (_their_key(case), f"{OURS}, {case.key}")]
    units = asked["read units of the scan"]
    requests = sum(asked.values()) - units
    of_clients = f" of {case.clients} clients" if case == FEW_CLIENTS else ""
    return [
        f"{case.fleet:,}",
        f"{case.overdue:,}{of_clients}",
        _milliseconds(theirs),
        _milliseconds(both),
        _milliseconds(ours),
        _ratios(theirs, ours),
        _ratios(both, ours),
        *(f"{quartiles(wall)[1]:.2g}" for wall in walls),
        f"{requests:,}",
        f"{units:,}",
    ]


def _their_key(case: Case) -> str:
    return f"{THEIRS}, {case.fleet}, {case.overdue}, {case.overdue}"


def _spent(measured: Round, case: Case, *parts: str) -> float:
    return float(sum(measured[_their_key(case)][part] for part in parts))


def _ours(measured: Round, case: Case) -> float:
    return float(measured[f"{OURS}, {case.key}"]["application"])


_SMALL, _LARGE = (next(case for case in CASES if case.fleet == fleet) for fleet in (FLEETS[0], FLEETS[-1]))
_MANY = CASES[-1]

Spent = Callable[[Round, Case], float]
_SIDES: list[Spent] = [
    lambda measured, case: _spent(measured, case, "application"),
    lambda measured, case: _spent(measured, case, "application", "database"),
    _ours,
]


def _for_thousand_more(spent: Spent) -> Callable[[Round], float]:
    more = (_LARGE.fleet - _SMALL.fleet) / 1_000
    return lambda measured: (spent(measured, _LARGE) - spent(measured, _SMALL)) / more


def _for_each_overdue(spent: Spent, case: Case) -> Callable[[Round], float]:
    return lambda measured: (spent(measured, case) - spent(measured, _LARGE)) / case.overdue


def _for_idle_minute(spent: Spent, looks: int) -> Callable[[Round], float]:
    return lambda measured: spent(measured, _LARGE) * looks


_SLOPES: dict[str, list[Callable[[Round], float]]] = {
    "a pass, for each 1,000 checks more": [_for_thousand_more(spent) for spent in _SIDES],
    "a pass, for each check overdue, each of another client": [
        _for_each_overdue(spent, _MANY) for spent in _SIDES
    ],
    f"the same, of {FEW_CLIENTS.clients} clients": [
        _for_each_overdue(spent, FEW_CLIENTS) for spent in _SIDES
    ],
    f"a minute in which none of {_LARGE.fleet:,} is overdue": [
        _for_idle_minute(spent, looks)
        for spent, looks in zip(_SIDES, (LOOKS_EACH_MINUTE, LOOKS_EACH_MINUTE, 1), strict=True)
    ],
}


def _about(found: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    loop = [each["calibration"] for each in found["rounds"]]
    return (
        f"{len(found['rounds'])} rounds; {versions}; PostgreSQL's data in {found['data in']}; "
        f"the calibrating loop took {_milliseconds(loop)} ms, between {min(loop) * 1_000:.0f} and "
        f"{max(loop) * 1_000:.0f}"
    )


def _milliseconds(seconds: Iterable[float]) -> str:
    lower, median, upper = (_short(each * 1_000) for each in quartiles(seconds))
    return f"{median} ({lower} to {upper})"


def _ratios(theirs: Iterable[float], ours: Iterable[float]) -> str:
    ratios = [spent / least for spent, least in zip(theirs, ours, strict=True)]
    lower, median, upper = (_short(each) for each in quartiles(ratios))
    return f"{median} ({lower} to {upper})"


def _short(figure: float) -> str:
    size = abs(figure)
    return f"{figure:,.0f}" if size >= 10 else f"{figure:.1f}" if size >= 1 else f"{figure:.2g}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
