"""What the functions log, which goes past what pytest captures."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import heartbeat


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Every line that any function logs meanwhile, in the form in which CloudWatch gets it."""
    log = io.StringIO()
    writer = logging.StreamHandler(log)
    writer.setFormatter(heartbeat.logger.registered_formatter)
    logger = logging.getLogger("makegood")
    logger.addHandler(writer)
    try:
        yield log
    finally:
        logger.removeHandler(writer)
