"""The months that every look is taken of: the normal one, and those that strain a layout."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from itertools import cycle, islice
from typing import Any

from makegood.rules.contracts import LONGEST_NAME
from makegood.rules.instants import first_instant, format_instant, parse_date, parse_instant
from makegood_local.demo_month import CONTRACT, DAILY, ZONE, demo_month

Json = dict[str, Any]

NOW = parse_instant("2026-04-03T14:00:00Z")
"""The statement of March 2026 is due in Chicago."""

LONG_NAME = "The Harbor Street Partnership of Attorneys, Notaries & Insolvency Administrators of the Lakes"
LONG_WORD = "Rechtsanwaltsgesellschaftsmitarbeiterversicherungsverwaltungsgebaeude"
LONG_DEVICES = (
    "uninterruptible-power-supply-hal",
    "wireless-access-point-third-floo",
    "storage0123456789abcdef012345678",
)
LONG_ADDRESS = "the-partner-responsible-for-information-technology@chambers-of-the-lakes.example"
LONG_REASON = "The notice of March 3 bounced everywhere, so the promise to tell you was broken after all."


def normal() -> Json:
    """Four devices, six practices, three outages: good and bad."""
    return demo_month(NOW)


def quiet() -> Json:
    """Zero incidents, every day proven."""
    facts = _of(normal(), incidents=[], maintenance=[])
    for entry in facts["evidence"]:
        entry["facts"] = DAILY.get(entry["practice"], entry["facts"])
    lost = [
        {**entry, "at": entry["at"].replace("03-19", "03-20")}
        for entry in facts["evidence"]
        if "03-19T" in entry["at"]
    ]
    return {**facts, "evidence": [*facts["evidence"], *lost]}


def long_names() -> Json:
    """Names as long as they may be, of words without a place to break."""
    renamed = dict(zip(("firewall", "nas", "phones"), LONG_DEVICES, strict=True))
    facts = _renamed(normal(), renamed)
    contacts = {"outages": [LONG_ADDRESS], "statements": [LONG_ADDRESS]}
    adjustments = [{"period": "2026-02", "cents": 9_000, "reason": f"{LONG_REASON} {LONG_WORD}"}]
    for device in facts["devices"]:
        device["kind"] = "building-management-controller-2"
    return _signed_by(
        facts,
        name=f"{LONG_NAME} {LONG_WORD} {LONG_NAME}"[:LONGEST_NAME],
        contacts=contacts,
        adjustments=adjustments,
    )


def sixty_devices() -> Json:
    """Sixty devices with a backup each, of which every third missed some."""
    facts = normal()
    (first, *_), before = facts["devices"], facts["evidence"]
    names = [f"workstation-{number:02}" for number in range(1, 57)]
    facts["devices"] += [
        {**first, "device": name, "kind": "computer", "practices": ["backup"]} for name in names
    ]
    done = [entry for entry in before if entry["device"] == "nas"]
    for number, name in enumerate(names):
        missed = set(range(number % 5, 3 + number % 7)) if number % 3 == 0 else set()
        facts["evidence"] += [
            {**entry, "device": name} for day, entry in enumerate(done) if day not in missed
        ]
    return facts


def forty_incidents() -> Json:
    """An outage a day and more, of all kinds."""
    facts = normal()
    models = facts["incidents"]
    shifted = [_moved(model, number) for number, model in enumerate(islice(cycle(models), 40))]
    return _of(facts, incidents=shifted)


def yen() -> Json:
    """No decimals, large figures."""
    return _paid_in("JPY", "1000", name="Minato Shipping", monthly_fee="1980000")


def dinars() -> Json:
    """Three decimals."""
    return _paid_in("KWD", "1.500", name="Gulf Trading", monthly_fee="12450.750")


def hebrew() -> Json:
    """A name that is written from right to left."""
    return _signed_by(normal(), name="משרד עורכי דין הנמל (חיפה) 1998", locale="en_IL", currency="ILS")


def arabic() -> Json:
    return _signed_by(
        normal(), name="مكتب الميناء للمحاماة والاستشارات (دبي)", locale="en_AE", currency="AED"
    )


MONTHS: dict[str, Callable[[], Json]] = {
    "normal": normal,
    "quiet": quiet,
    "long-names": long_names,
    "sixty-devices": sixty_devices,
    "forty-incidents": forty_incidents,
    "yen": yen,
    "dinars": dinars,
    "hebrew": hebrew,
    "arabic": arabic,
}


def _of(facts: Json, **changes: Any) -> Json:
    return deepcopy({**facts, **changes})


def _signed_by(facts: Json, adjustments: list[Json] | None = None, **terms: Any) -> Json:
    """The same month under other terms."""
    return _of(facts, contract={**facts["contract"], **terms}, adjustments=adjustments or [])


def _paid_in(currency: str, each: str, **terms: Any) -> Json:
    """The normal month in another currency, in which each missed backup earns so much."""
    practices = deepcopy(CONTRACT["practices"])
    practices["backup"]["refund_each"] = each
    return _signed_by(normal(), currency=currency, practices=practices, **terms)


def _renamed(facts: Json, names: dict[str, str]) -> Json:
    """The same month of devices with other names."""
    changed = deepcopy(facts)
    for part in ("devices", "incidents", "evidence"):
        for entry in changed[part]:
            entry["device"] = names.get(entry["device"], entry["device"])
    return changed


def _moved(incident: Json, number: int) -> Json:
    """The same outage at another time of the month."""
    start = first_instant(parse_date("2026-03-01"), ZONE) + number * 17 * 3_600 + 5_400
    by = start - parse_instant(incident["started_at"])
    times = ("started_at", "notified_at", "planned_at", "restored_at", "documented_at")
    moved = {time: incident[time] and format_instant(parse_instant(incident[time]) + by) for time in times}
    excuses = [
        {**excuse, "approved_at": format_instant(parse_instant(excuse["approved_at"]) + by)}
        for excuse in incident["excuses"]
    ]
    return {**incident, **moved, "excuses": excuses, "incident": f"{incident['device']}-{number:02}"}
