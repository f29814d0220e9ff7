"""Writes docs/cost.md from the price list and the measured requests: `make reference`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from makegood_cli.cost import model
from makegood_cli.cost.measured import measured
from makegood_cli.cost.model import Fleet, by_service, month
from makegood_cli.cost.prices import read_prices

WRITTEN = "<!-- written by tests/support/cost_document.py -->"
FLEETS = (
    Fleet(devices=10, clients=1),
    Fleet(devices=100, clients=5),
    Fleet(devices=1_000, clients=50),
    Fleet(devices=10_000, clients=500),
)
SLOWER = 300
PEERS_AT = (10, 100, 1_000)


@dataclass(frozen=True)
class Peer:
    """A heartbeat service and its published price."""

    name: str
    terms: str
    as_of: str
    page: str
    source: str
    dollars: dict[int, str]


PEERS = (
    Peer(
        "Cronitor, Business",
        "$2 a monitor, $5 each further user",
        "2026-06-12",
        "https://cronitor.io/pricing",
        "https://github.com/api-evangelist/cronitor/blob/main/plans/cronitor-plans-pricing.yml",
        {10: "$20", 100: "$200", 1_000: "$2,000"},
    ),
    Peer(
        "Better Stack, Responder",
        "$34 a responder, $20 for ten heartbeats",
        "2026-06-12",
        "https://betterstack.com/pricing",
        "https://github.com/api-evangelist/betteruptime/blob/main/plans/betteruptime-plans-pricing.yml",
        {10: "$54", 100: "$234", 1_000: "$2,034"},
    ),
    Peer(
        "Healthchecks.io",
        "20 checks free; $20 for 100, $80 for 1,000 checks",
        "2023-10-19",
        "https://healthchecks.io/pricing/",
        "https://github.com/healthchecks/healthchecks/blob/bad4b9adbf6db86ac8494767efd6975f8dc22f95/templates/payments/pricing.html",
        {10: "free", 100: "$20", 1_000: "$80"},
    ),
)


def lines() -> Iterator[str]:
    """The page, line by line."""
    prices = read_prices()
    yield from ("# What AWS asks for it", "", WRITTEN, "")
    yield (
        f"`makegood cost` multiplies list prices of {prices.region} with what `make bench` measured "
        f"on {measured().measured_on}. Nothing of this is a bill: no month of this size has been paid on AWS "
        "yet. Free tiers, discounts and taxes are left out; so is what rounds to nothing: keeping statements "
        "in S3, attachments of mails, asking DynamoDB by the operator's command, pages that clients look at, "
        "KMS opening the tables for DynamoDB."
    )
    yield from ("", "```sh", "makegood cost --devices 100 --clients 5 --interval 60s", "```", "")
    yield from _sizes()
    yield from ("", "## What an outage and a statement cost", "")
    yield from _events()
    yield from ("", "## Beside heartbeat services", "")
    yield from _peers()
    yield from ("", "## What is assumed", "")
    yield from _assumed()
    yield from ("", "## The price list", "")
    yield (
        "From `cli/makegood_cli/cost/prices.yaml`; `--prices FILE` takes another region's list, or your own "
        "with its discounts. What names AWS's price list (`index.json`) was read in a public quotation of it "
        "of that date; where a source has no date, it is the day on which it was read. Look yours up."
    )
    yield ""
    rows = [
        (
            price.service,
            price.what,
            f"${price.price:.10f}".rstrip("0").rstrip(".")
            + ("" if price.per == 1 else f" for {price.per:,}"),
            f"{price.as_of}",
            f"[AWS]({price.page}), [read in]({price.source})",
        )
        for price in prices.prices.values()
    ]
    yield from _table("service", "what", "price", "as of", "source", rows=rows)


def _sizes() -> Iterator[str]:
    prices = read_prices()
    bills = [by_service(month(fleet, measured(), prices)) for fleet in FLEETS]
    yield from _table(
        "a month",
        *(f"{fleet.devices:,} devices, {_clients(fleet.clients)}" for fleet in FLEETS),
        rows=[
            *((service, *(_money(bill[service]) for bill in bills)) for service in bills[0]),
            ("**together**", *(f"**{_money(sum(bill.values()))}**" for bill in bills)),
            (
                "a device",
                *(
                    f"${sum(bill.values()) / fleet.devices:.3f}"
                    for fleet, bill in zip(FLEETS, bills, strict=True)
                ),
            ),
            ("together, a beat every five minutes", *(_money(_whole(slower(fleet))) for fleet in FLEETS)),
        ],
    )
    least = FLEETS[0]
    yield ""
    yield (
        f"Each device beats every {least.interval} seconds, reports {least.practices} practices a day and "
        f"fails {least.incidents:g} times a month; {least.contacts} contacts and two technicians hear of it. "
        "Agents that vouch for their neighbours make one request for all of them, so it costs less: "
        "only DynamoDB's writes stay."
    )


def slower(fleet: Fleet) -> Fleet:
    return Fleet(fleet.devices, fleet.clients, SLOWER)


def _events() -> Iterator[str]:
    """What one more of something costs: the difference of two bills."""
    few = Fleet(devices=100, clients=5, incidents=0)
    more = Fleet(devices=100, clients=5, incidents=1)
    still = Fleet(devices=100, clients=5, incidents=0, practices=0)
    beats = Fleet(devices=101, clients=5, incidents=0, practices=0)
    statements = Fleet(devices=100, clients=6, incidents=0)
    empty = Fleet(devices=1, clients=1, incidents=0, practices=0)
    outage = (_whole(more) - _whole(few)) / few.devices
    yield from _table(
        "one more",
        "costs",
        rows=[
            (
                "million heartbeats",
                _money((_whole(beats) - _whole(still)) / (model.SECONDS / 60) * 1_000_000),
            ),
            ("outage, from silence to its closing mails", f"${outage:.5f}"),
            (
                "client: its statement, and its part of the schedules",
                f"${_whole(statements) - _whole(few):.4f} a month",
            ),
        ],
    )
    yield ""
    yield (
        "What a deployment has whatever its size (alarms, dashboard, metrics, keys, the schedules and two "
        f"queues that are asked) is {_money(_whole(empty))} a month."
    )


def _peers() -> Iterator[str]:
    ours = (f"**{_money(_whole(Fleet(devices=many, clients=max(1, many // 20))))}**" for many in PEERS_AT)
    rows = [
        ("Makegood on AWS", "the table above", measured().measured_on, *ours, ""),
        *(
            (
                peer.name,
                peer.terms,
                peer.as_of,
                *(peer.dollars[many] for many in PEERS_AT),
                f"[published]({peer.page}), [read in]({peer.source})",
            )
            for peer in PEERS
        ),
    ]
    sizes = (f"{many:,} devices" for many in PEERS_AT)
    yield from _table("a month", "terms", "as of", *sizes, "source", rows=rows)
    yield ""
    yield (
        "Their price holds their work, too: Makegood's is without yours, of running it. What is bought "
        "differs: they tell that something is silent; none keeps a contract's clocks or issues a statement "
        "with refunds. Services whose prices could not be read in a dated source (UptimeRobot, Dead Man's "
        "Snitch) are left out."
    )


def _assumed() -> Iterator[str]:
    yield from (
        f"- A month has {model.HOURS} hours.",
        f"- A run of a function takes {model.OTHER_RUN_SECONDS * 1000:g} ms and "
        f"{model.REQUEST_SECONDS * 1000:g} ms for each of its requests, a statement's "
        f"{model.RUN_SECONDS['IssueFunction']:g} s and that; memory as the template gives it. "
        "Cold starts are left out.",
        f"- Lambda writes {model.LOG_BYTES} bytes of log for each run, the API's access log "
        f"{model.ACCESS_LOG_BYTES} for each request; logs are kept for "
        f"{measured().deployed['log_days']} days and paid for uncompressed.",
        f"- An answer to a heartbeat takes {model.ANSWER_BYTES} bytes on its way out.",
        f"- An empty queue is asked {model.POLLS // 730 // 60} times a minute by Lambda.",
        "- A statement has 25 devices and 5 outages, and is mailed to one contact.",
        "- Each outage has the sweep post one heartbeat of its own, at most one a minute in all.",
        "- X-Ray records one run a second of each traced function and "
        f"{model.TRACED_SHARE:.0%} of the others.",
        f"- Reports of a year are on record, {model.STORED_BYTES} bytes each.",
        "- Each metric of our own is paid for as if it were sent in every hour.",
    )


def _whole(fleet: Fleet) -> float:
    return sum(line.dollars for line in month(fleet, measured(), read_prices()))


def _clients(many: int) -> str:
    return f"{many:,} client" + ("" if many == 1 else "s")


def _money(dollars: float) -> str:
    return f"${dollars:,.2f}"


def _table(*columns: str, rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
