"""What `makegood init` asks for, and whether an answer will do: the contract's parser says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from makegood import clock
from makegood.rules.contracts import ContractError, parse_contract
from makegood.rules.instants import format_instant

Answers = dict[str, str]


@dataclass(frozen=True)
class Question:
    """`place` is where the answer stands in a contract, by which it is checked; `several` divides at commas.

    A `default` in braces is the answer to that question.
    """

    name: str
    asks: str
    place: tuple[str, ...]
    default: str | None = None
    several: bool = False

    @property
    def option(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    def suggestion(self, answers: Answers) -> str | None:
        """What holds when nothing is said; None when somebody has to say it."""
        if self.default == THIS_MONTH:
            return f"{format_instant(clock.now())[:7]}-01"
        return answers.get(self.default[1:-1]) if self.default and self.default[0] == "{" else self.default

    def problem(self, text: str, answers: Answers) -> str | None:
        """What is wrong with this answer, or None."""
        return next(_problems(self.place, self.value(text), answers), None)

    def value(self, text: str) -> Any:
        return split(text) if self.several else text.strip()


THIS_MONTH: Final = "the first of this month"
_MAIL: Final = ("contacts", "statements")

QUESTIONS: Final = (
    Question("client", "Key of the first client, such as acme-dental", ("client",)),
    Question("name", "What people call it, such as Acme Dental Group", ("name",)),
    Question("timezone", "Its time zone, such as America/New_York", ("timezone",)),
    Question("currency", "Currency of its fee", ("currency",), "USD"),
    Question("monthly_fee", "Its fee a month, such as 2400.00", ("monthly_fee",)),
    Question("effective_from", "First day of the contract", ("effective_from",), THIS_MONTH),
    Question("contacts", "Who is told of outages (addresses, with commas)", _MAIL, several=True),
    Question("statements", "Who gets the statements", _MAIL, "{contacts}", several=True),
    Question("notify", "The client is told within", ("outages", "notify", "within"), "15m"),
    Question("plan", "The plan is mailed within", ("outages", "plan", "within"), "1h"),
    Question("repair", "The device is repaired within", ("outages", "repair", "within"), "4h"),
    Question("sender", "Address that all mails come from, verified in SES", _MAIL),
    Question("reply_to", "Your address that answers go to", _MAIL),
    Question("technicians", "Your technicians (addresses, with commas)", _MAIL, several=True),
    Question("alarm_email", "Address that alarms go to", _MAIL, "{reply_to}"),
)


def split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _problems(place: tuple[str, ...], value: Any, answers: Mapping[str, str]) -> Iterator[str]:
    """What the parser says of this place in a contract that holds nothing else."""
    is_list = place == _MAIL and isinstance(value, str)
    inner: Any = [value] if is_list else value
    for name in reversed(place[1:]):
        inner = {name: inner}
    try:
        parse_contract({"currency": answers.get("currency", "USD"), place[0]: inner})
    except ContractError as error:
        path = ".".join(place)
        yield from (problem.message for problem in error.problems if problem.path.startswith(path))
