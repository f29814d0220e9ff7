"""Takes the README's picture of a statement: `python -m makegood_local.picture` (needs Chromium)."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from makegood.mail.statement_message import statement_message
from makegood.mail.statement_month import Month
from makegood.mail.statement_view import view_month
from makegood.rules.instants import parse_instant
from makegood.rules.statements import reckon
from makegood_local.demo_month import demo_month

PICTURE: Final = Path(__file__).parents[2] / "docs" / "statement.png"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 720, 1_062
OPTIONS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"),
    *("--force-device-scale-factor=1.5", f"--window-size={WIDTH},{HEIGHT}"),
)


def main() -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"the picture needs one of {', '.join(BROWSERS)} on the PATH")
    facts = demo_month(parse_instant("2026-04-03T14:00:00Z"))
    reckoned = reckon(facts)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "statement.html")
        page.write_text(statement_message(view_month(Month(reckoned.statement, reckoned))).html)
        target = [f"--user-data-dir={folder}/profile", f"--screenshot={PICTURE}", page.as_uri()]
        subprocess.run([browser, *OPTIONS, *target], check=True, capture_output=True, timeout=60)
    print(PICTURE)


if __name__ == "__main__":
    main()
