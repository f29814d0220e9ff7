"""The one clock: read once per invocation and passed down, and again only after an effect has happened."""

import math
import time


def now() -> int:
    """The current instant in UTC epoch seconds, rounded down: when something starts."""
    return math.floor(time.time())


def after_effect() -> int:
    """The current instant in UTC epoch seconds, rounded up: when an effect was done, never before it was."""
    return math.ceil(time.time())
