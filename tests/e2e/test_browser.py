"""In Chromium on the local stack: the inbox, a technician's desk and the client's page, from mail to mail."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from looks.browser import a_browser, needs_chromium
from playwright.sync_api import Browser, BrowserContext, Page, expect

from makegood.clock import now
from makegood_local.demo_month import demo_month
from makegood_local.mailbox import Mail
from makegood_local.stack import LocalStack
from makegood_local.story import contract_from_this_month, first_mail, run_command, sweeping, until

pytestmark = needs_chromium

ROOT = Path(__file__).parents[2]
CLIENT, NAME = "night-school", "The Night School"
OWNER, TINA, OMAR = "owner@night.example", "tina@provider.example", "omar@provider.example"
LAW, REYES = "harbor-law", "m.reyes@harbor-law.example"
LOAD = """
import json, sys
from makegood.storage.tables import bind_tables
from makegood_local.load_facts import store_facts
bind_tables(*sys.argv[1:])
store_facts(json.load(sys.stdin))
"""


@dataclass
class Visitor:
    """Somebody at a browser; whatever it complains about is kept."""

    context: BrowserContext
    complaints: list[str]

    def opens(self, url: str) -> Page:
        page = self.context.new_page()
        page.goto(url)
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as chromium:
        yield chromium


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    context = browser.new_context(locale="en-US", viewport={"width": 390, "height": 844})
    context.set_default_timeout(20_000)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield Visitor(context, complaints)
    context.close()
    known = [each for each in complaints if "status of 4" not in each]
    assert known == [], "the browser complains"


@pytest.fixture(scope="module")
def outage(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mail]:
    """The alert of a device that was heard once and then fell silent; the stack goes on as ever."""
    folder = tmp_path_factory.mktemp("browser")
    contract = yaml.safe_load((ROOT / "contracts/demo-seconds.yaml").read_text())
    written = folder / "contract.yaml"
    contacts = {"outages": [OWNER], "statements": [OWNER]}
    changed = {**contract, "client": CLIENT, "name": NAME, "contacts": contacts}
    changed["outages"] |= {
        "plan": {"within": "2h", "refund": "5%"},
        "repair": {"within": "4h", "refund": "10%"},
    }
    written.write_text(yaml.safe_dump(changed))
    run_command(stack, "client", "apply", str(contract_from_this_month(written, folder)))
    wanted = ("--kind", "till", "--grace", "6s", "--json")
    token = json.loads(run_command(stack, "device", "enroll", CLIENT, "till", *wanted))["token"]
    beat = urllib.request.Request(
        f"{stack.url}/v1/heartbeat", data=b"", headers={"Authorization": f"Bearer {token}"}, method="POST"
    )
    urllib.request.urlopen(beat).close()
    with sweeping(stack, 2):
        yield until("the alert", lambda: next(iter(mails(stack, "alert", TINA)), None))


def mails(stack: LocalStack, kind: str, to: str) -> list[Mail]:
    """The mails of a kind about the outage to somebody, oldest first."""
    return [
        mail
        for mail in stack.inbox()
        if mail.tags.get("client") == CLIENT and f"_{kind}_" in mail.tags["mail"] and to in mail.to
    ]


def the_mail(stack: LocalStack, kind: str, to: str) -> Mail:
    return until(f"the {kind} mail to {to}", lambda: next(iter(mails(stack, kind, to)), None))


def frame_of(page: Page) -> Any:
    """The mail as its recipient sees it, within the inbox."""
    return page.frame_locator("iframe[title='The mail']")


def link_in(mail: Mail, place: str, words: str) -> str:
    found = re.search(rf'href="([^"]*/{place}/[^"]+)"[^>]*>{words}', mail.html)
    assert found is not None
    return found[1]


def test_the_inbox_shows_a_mail_as_html_and_as_text(
    stack: LocalStack, outage: Mail, visitor: Visitor
) -> None:
    notice = the_mail(stack, "notice", OWNER)
    inbox = visitor.opens(f"{stack.url}/")
    expect(inbox.get_by_role("heading", level=1)).to_have_text("Inbox")
    inbox.get_by_role("link", name=notice.subject).first.click()
    expect(inbox.get_by_role("heading", level=1)).to_have_text(notice.subject)
    expect(frame_of(inbox).get_by_text("You are told of it within 1 min")).to_be_visible()
    expect(inbox.locator("pre")).to_contain_text("You are told of it within 1 min")
    with visitor.context.expect_page() as opened:
        frame_of(inbox).get_by_role("link", name="Your page").click()
    expect(opened.value.get_by_role("heading", name="Open now")).to_be_visible()
    inbox.get_by_role("link", name="All mails").click()
    expect(inbox).to_have_url(f"{stack.url}/inbox")


def test_a_technician_takes_an_incident_sends_the_plan_and_documents_the_repair(
    stack: LocalStack, outage: Mail, visitor: Visitor
) -> None:
    inbox = visitor.opens(f"{stack.url}/inbox/{outage.message_id}")
    with visitor.context.expect_page() as opened:
        frame_of(inbox).get_by_role("link", name="Open the incident").click()
    desk = opened.value
    expect(desk.get_by_role("heading", level=1)).to_have_text("till")
    desk.get_by_role("button", name="I have it").click()
    expect(desk.get_by_text(f"{TINA} has it since")).to_be_visible()
    plan = desk.locator("#plan")
    plan.get_by_label("Cause").fill("The power supply of the till has failed.")
    plan.get_by_label("Steps").fill("1. Bring a new one.\n2. Test it.")
    plan.get_by_role("button", name="Send the plan").click()
    # The browser asks for what is missing; nothing has left.
    expect(plan.get_by_label("Estimated time")).to_be_focused()
    plan.get_by_label("Estimated time").fill("by noon")
    plan.get_by_role("button", name="Send the plan").click()
    expect(desk.get_by_role("heading", name="The plan")).to_be_visible()
    assert "The power supply of the till has failed." in the_mail(stack, "plan", OWNER).text
    repair = desk.locator("#repair")
    if not repair.get_by_label("What was done").is_visible():
        repair.locator("summary").click()
    repair.get_by_label("Cause").fill("The power supply had failed.")
    repair.get_by_label("What was done").fill("Replaced it.")
    repair.get_by_role("button", name="Document the repair").click()
    expect(desk.get_by_role("heading", name="The repair")).to_be_visible()
    expect(desk.get_by_text("It counts once the device has been up for")).to_be_visible()
    desk.get_by_role("link", name="all open incidents").click()
    row = desk.get_by_role("link").filter(has_text=NAME).filter(has_text=f"{TINA} has it.")
    expect(row.first).to_be_visible()


def test_a_client_opens_an_incident_watches_its_clock_and_disagrees(
    stack: LocalStack, outage: Mail, visitor: Visitor
) -> None:
    page = visitor.opens(link_in(the_mail(stack, "notice", OWNER), "live", "Your page"))
    told = page.locator("#open article")
    expect(told.get_by_role("heading")).to_contain_text("till")
    clock = told.locator("[data-due]").last
    before = clock.inner_text()
    expect(clock).not_to_have_text(before)  # a little JavaScript counts
    told.get_by_role("link", name="I disagree").click()
    page.get_by_label("What is wrong").fill("It was unplugged by your own technician.")
    if page.get_by_role("combobox").count():
        page.get_by_role("combobox").select_option(index=1)
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You disagree")
    expect(page.get_by_text("It was unplugged by your own technician.")).to_be_visible()
    desk = visitor.opens(link_in(outage, "desk", "Open the incident"))
    expect(desk.locator("#matters").get_by_text("It was unplugged by your own technician.")).to_be_visible()


def test_a_client_approves_an_excuse_that_the_desk_asked_for(
    stack: LocalStack, outage: Mail, visitor: Visitor
) -> None:
    desk = visitor.opens(link_in(outage, "desk", "Open the incident"))
    asks = desk.locator("section").filter(has=desk.locator("summary", has_text="Ask for an excuse"))
    asks.locator("summary").click()
    for number, value in enumerate(("repair", "client_caused", "client")):
        asks.get_by_role("combobox").nth(number).select_option(value)
    asks.get_by_role("textbox").fill("The cleaners had switched it off.")
    asks.get_by_role("button").click()
    expect(desk.locator("#matters").get_by_text("waits to be approved")).to_be_visible()
    page = visitor.opens(link_in(the_mail(stack, "notice", OWNER), "live", "Your page"))
    page.get_by_role("link", name="Agree or refuse").click()
    expect(page.get_by_text("The cleaners had switched it off.")).to_be_visible()
    page.get_by_role("button", name="I agree to the excuse").click()
    expect(page.get_by_text("There is nothing for you to do here any more")).to_be_visible()
    desk.reload()
    expect(desk.locator("#matters").get_by_text(f"Approved by {OWNER}")).to_be_visible()


def test_a_client_downloads_a_statement_and_a_revoked_link_opens_nothing(
    stack: LocalStack, visitor: Visitor
) -> None:
    facts = demo_month(now())
    period = facts["period"]
    subprocess.run(
        [sys.executable, "-c", LOAD, stack.outputs["DevicesTable"], stack.outputs["RecordsTable"]],
        input=json.dumps(facts),
        env={**os.environ, **stack.environment},
        text=True,
        check=True,
    )
    stack.invoke("CloseFunction", {})
    mail = first_mail(stack, {"kind": "statement", "to": REYES})
    page = visitor.opens(link_in(mail, "live", "Your page"))
    files = page.locator("#statements .files").first
    wanted = {"PDF": b"%PDF-", "CSV": b"\xef\xbb\xbfclient,", "JSON": b"{"}
    for words, begin in wanted.items():
        with page.expect_download() as download:
            files.get_by_role("link", name=re.compile(f"as {words}")).click()
        assert download.value.suggested_filename == f"{LAW}-{period}.{words.lower()}"
        assert Path(download.value.path()).read_bytes().startswith(begin)
    files.get_by_role("link", name=re.compile("as a page")).click()
    expect(page.get_by_text("Guarantee statement")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="How it is computed").first.click()
    expect(page.get_by_role("heading", name="What your contract promises")).to_be_visible()
    page.get_by_role("link", name="Back to your page").click()
    link = page.url
    run_command(stack, "contact", "revoke-links", LAW, REYES)
    page.reload()
    expect(page.get_by_text("Harbor Law")).to_have_count(0)
    assert page.request.get(link).status == 403
    time.sleep(1.1)  # links of the second in which they were revoked are revoked too
    fresh = run_command(stack, "contact", "link", LAW, REYES).strip()
    page.goto(fresh)
    expect(page.get_by_text("Harbor Law")).to_be_visible()


def test_the_clients_page_works_without_javascript(stack: LocalStack, outage: Mail, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(link_in(the_mail(stack, "notice", OWNER), "live", "Your page"))
        expect(page.locator("#open article [data-due]").last).to_contain_text("left")
        page.get_by_role("link", name="Statements", exact=True).click()
        expect(page).to_have_url(re.compile("#statements$"))
