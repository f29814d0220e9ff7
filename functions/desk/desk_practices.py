"""The page of a client's practices: what a person must attest today, and what is about to be missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from desk_day import Day, load_day
from desk_links import Visit
from desk_pages import no_contract, page
from makegood.mail.formats import formats_of
from makegood.mail.practice_words import show_gap, show_open_day, show_stake
from makegood.mail.statement_words import PRACTICE_NAMES
from makegood.pages.routes import Page
from makegood.rules.attesting import Matter
from makegood.rules.facts import EvidenceFacts
from makegood.rules.instants import local_date
from makegood.rules.practice_facts import ATTESTED
from makegood.texts import one_line

VERDICTS = {
    "no_evidence": ("no evidence yet", "bad"),
    "missed": ("not done", "bad"),
    None: ("to look at", "warn"),
}
"""How a matter that waits stands, and its tone."""


@dataclass(frozen=True)
class Card:
    """One thing to attest: its page, how it stands, and what there is to look at."""

    url: str
    title: str
    standing: str
    tone: str
    note: str


@dataclass(frozen=True)
class Missing:
    """One practice about to be missed that no person can attest."""

    title: str
    stake: str
    tone: str
    lines: tuple[str, ...]


def practices_page(visit: Visit) -> Page:
    day = load_day(visit.link.client, visit.now)
    if day is None:
        return no_contract()
    contract, formats = day.today.contract, formats_of(day.today.contract)
    cents = sum(gap.cents for gap in day.today.gaps)
    return page(
        "practices.html.j2",
        client=one_line(contract.name, 60),
        date=formats.long_date(day.today.day.date),
        ends=formats.zoned_time(day.today.day.ends_at),
        stake=formats.money(cents) if cents else "",
        cards=[_card(matter, day, visit) for matter in day.matters if matter.is_open],
        missing=list(_missing(day)),
        signed=list(_signed(day, visit)),
        home_url=visit.home_url(),
        person=visit.link.person,
    )


def title_of(device: str, practice: str) -> str:
    return f"{device}: {PRACTICE_NAMES[practice].lower()}"


def _card(matter: Matter, day: Day, visit: Visit) -> Card:
    standing, tone = VERDICTS[matter.verdict]
    title = title_of(matter.device, matter.practice)
    url = visit.url(f"{matter.device}/{matter.practice}")
    return Card(url, title, standing, tone, _note(matter, day))


def _note(matter: Matter, day: Day) -> str:
    formats = formats_of(day.today.contract)
    if matter.observed:
        return f"Observed on {formats.zoned_time(matter.observed[-1].at)}: look at it first."
    if matter.newest is None:
        return "Nothing was reported this month."
    return f"The newest evidence is of {formats.zoned_time(matter.newest.at)}."


def _missing(day: Day) -> Iterator[Missing]:
    formats = formats_of(day.today.contract)
    for gap in day.today.gaps:
        if gap.terms.practice not in ATTESTED:
            lines = tuple(show_open_day(each, formats) for each in gap.days)
            yield Missing(show_gap(gap), *show_stake(gap, formats), lines)


def _signed(day: Day, visit: Visit) -> Iterator[tuple[str, str, str]]:
    """What people attested today: what, by whom and when, and its page."""
    formats = formats_of(day.today.contract)
    for each in day.reports.attested:
        if local_date(each.at, formats.zone) == day.today.day.date:
            told = f"{signed_by(each)}, {formats.zoned_time(each.at)}"
            yield title_of(each.device, each.practice), told, visit.url(f"{each.device}/{each.practice}")


def signed_by(evidence: EvidenceFacts) -> str:
    return one_line(str(evidence.facts.get("by")))
