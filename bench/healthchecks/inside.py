"""Runs in Healthchecks' interpreter and folder: fills its database, and lets its own `sendalerts` look once.

`sendalerts` runs as it is, in its endless loop, with the one worker that it has unless told otherwise; where
it would sleep for two seconds, it waits here until it is asked for the next pass.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import django  # type: ignore[import-not-found]

ANSWERS = sys.stdout
sys.stdout = sys.stderr
django.setup()

from django.contrib.auth.models import User  # type: ignore[import-not-found]  # noqa: E402
from django.core.management import call_command  # type: ignore[import-not-found]  # noqa: E402
from django.db import connection  # type: ignore[import-not-found]  # noqa: E402
from django.utils.timezone import now  # type: ignore[import-not-found]  # noqa: E402
from hc.accounts.models import Profile, Project  # type: ignore[import-not-found]  # noqa: E402
from hc.api.management.commands import sendalerts  # type: ignore[import-not-found]  # noqa: E402
from hc.api.models import Check, Flip  # type: ignore[import-not-found]  # noqa: E402

TIMEOUT = timedelta(days=1)
GRACE = timedelta(minutes=5)


def fill(checks: int) -> dict[str, Any]:
    """Checks that are up and stay so all day, evenly far from the hundredth ping, which prunes."""
    user = User.objects.create(username="bench", email="bench@example.org")
    project = Project.objects.create(owner=user)
    Profile.objects.for_user(user)
    at = now()
    rows = [
        Check(
            name=f"device-{number:06}",
            project=project,
            status="up",
            timeout=TIMEOUT,
            grace=GRACE,
            n_pings=number % 100,
            last_ping=at,
            alert_after=at + TIMEOUT + GRACE,
        )
        for number in range(checks)
    ]
    Check.objects.bulk_create(rows, batch_size=2_000)
    _tidy()
    return {"codes": [str(row.code) for row in rows[:1_000]]}


def prepare(overdue: list[str]) -> dict[str, Any]:
    """All are up and heard again but these, which fell due a few seconds ago."""
    Flip.objects.all().delete()
    at = now()
    Check.objects.filter(status="down").update(status="up", last_ping=at, alert_after=at + TIMEOUT + GRACE)
    late = at - TIMEOUT - GRACE - timedelta(seconds=20)
    Check.objects.filter(name__in=overdue).update(last_ping=late, alert_after=at - timedelta(seconds=20))
    _tidy()
    return {}


def found() -> dict[str, Any]:
    """The checks that went down, whose change `sendalerts` has taken up to tell of it."""
    flips = Flip.objects.filter(new_status="down", processed__isnull=False, owner__status="down")
    return {"names": sorted(flips.values_list("owner__name", flat=True))}


def _tidy() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE api_check, api_flip")


def _asked(_seconds: float) -> None:
    """Instead of sleep: answers until the next pass is asked for."""
    global passing  # noqa: PLW0603
    if passing:
        _answer({})
    passing = False
    for line in sys.stdin:
        asked = json.loads(line)
        do = asked.pop("do")
        if do == "pass":
            passing = True
            return
        _answer(_DO[do](**asked))
    sys.exit()


def _answer(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), file=ANSWERS, flush=True)


_DO: dict[str, Callable[..., dict[str, Any]]] = {"fill": fill, "prepare": prepare, "found": found}
passing = False
sendalerts.time = SimpleNamespace(**{**vars(time), "sleep": _asked})
call_command("sendalerts", skip_checks=True, stdout=sys.stderr)
