"""Runs the agent in one of its ways: as a service, for one beat, to show what a collector finds."""

from __future__ import annotations

import logging
import signal
import sys
from urllib.parse import urlsplit

from makegood_agent.logs import line, log
from makegood_agent.web import is_loopback

COLLECTOR = "--collector"
"""The only argument of the process in which a collector runs."""


def main() -> int:
    if sys.argv[1:] == [COLLECTOR]:
        from makegood_agent.collectors.child import collect  # noqa: PLC0415 - only where it is needed

        return collect()
    from makegood_agent.arguments import parse_options  # noqa: PLC0415 - no business of a collector
    from makegood_agent.beats import Agent  # noqa: PLC0415

    options = parse_options(sys.argv[1:])
    handler = logging.StreamHandler()
    handler.setFormatter(line)
    logging.raiseExceptions = False
    quiet = options.once or options.show
    logging.basicConfig(handlers=[handler], level=logging.WARNING if quiet else logging.INFO)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        if options.show:
            return options.collection.show()
        if urlsplit(options.url).scheme == "http" and not is_loopback(options.url):
            log.warning("--url is plain http: whoever is on the way can read the token; use https")
        return Agent(options).once() if options.once else Agent(options).run()
    except KeyboardInterrupt:
        log.info("stopped")
        return 1 if quiet else 0
