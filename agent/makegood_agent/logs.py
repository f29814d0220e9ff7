"""The log: one printable line per change, in UTC, without the token."""

from __future__ import annotations

import logging
import time
from urllib.error import URLError

log = logging.getLogger("makegood")


class OneLine(logging.Formatter):
    """A record as one printable line, in UTC; whatever it quotes, the token is not in it."""

    converter = staticmethod(time.gmtime)
    secret = ""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if self.secret:
            text = text.replace(self.secret, "<token>")
        return "".join(each if each.isprintable() else "?" for each in text)[:1000]


line = OneLine("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")


def explain(error: BaseException) -> str:
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        return explain(error.reason)
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    filename = getattr(error, "filename", None)
    return f"{filename}: {text}" if filename else str(text)
