"""A sign of life to an outside address, so that somebody hears when this whole account is silent."""

from __future__ import annotations

import urllib.request

from aws_lambda_powertools import Logger

from makegood.settings import settings

ANSWER_SECONDS = 3

logger = Logger(child=True)


def ping_outside() -> None:
    """Asks for the address the operator chose, if any; a failure is logged and never matters to us."""
    url = settings().outside_ping_url
    if not url:
        return
    try:
        urllib.request.urlopen(url, timeout=ANSWER_SECONDS).close()  # noqa: S310 - the template allows https
    except OSError as error:
        logger.warning("the outside address did not answer", extra={"error": str(error)})
