"""What technicians read when a client's statement is not out by its hour."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.mail.formats import formats_of
from makegood.mail.letters import Facts, Letter, Text, render_letter
from makegood.mail.message import Message
from makegood.rules.contracts import moment_of_issue
from makegood.rules.instants import Period
from makegood.rules.terms import Contract
from makegood.texts import one_line


def overdue_message(contract: Contract, period: Period, waiting: Sequence[str] | None) -> Message:
    """`waiting` are the recipients whose mail has not left; None when the statement is not even computed."""
    formats = formats_of(contract)
    client, month = one_line(contract.name, 60), formats.period(period)
    due = formats.zoned_time(moment_of_issue(contract, period))
    return render_letter(
        Letter(
            subject=f"[{client}] the statement of {month} is late: it was due on {due}",
            topic=f"{client} · statement",
            tone="bad",
            headline=f"The statement of {month} is not out",
            lead=(
                f"It was promised to {client} for {due}. Makegood goes on trying every quarter of an hour, "
                "and an alarm stands until it is out."
            ),
            blocks=(
                Facts(
                    "Where it stands",
                    (
                        ("Client", f"{client} ({contract.client})"),
                        ("Statement", month),
                        ("Due", due),
                        ("So far", _progress(waiting)),
                    ),
                ),
                Text(
                    "The log of the function that issues says why. Once that is mended, `makegood statement "
                    f"issue {contract.client} {period}` asks for it at once; none is ever issued twice.",
                    "What to do",
                ),
            ),
            footer=("This mail is sent once for each statement.",),
        )
    )


def _progress(waiting: Sequence[str] | None) -> str:
    if waiting is None:
        return "nothing is computed yet"
    if not waiting:
        return "computed, stored and mailed, but not recorded as issued"
    return f"computed and stored; the mail has not left for {', '.join(waiting)}"
