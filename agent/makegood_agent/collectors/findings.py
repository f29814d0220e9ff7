"""What a collector found out, and what it could not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Fact = bool | int | str | None

TEXT_CHARACTERS = 200


class UndeterminedError(Exception):
    """Why something cannot be said; nobody should guess instead."""


class Findings:
    """Facts by name: null until determined, and each that stays null is named with the reason."""

    def __init__(self, source: str, *names: str) -> None:
        self.facts: dict[str, Fact] = dict.fromkeys(names)
        self.source = source
        self.reasons: list[str] = []
        self.memory: object = None

    def ask(self, names: str, question: Callable[[], Mapping[str, Fact]]) -> None:
        """Take over what the question answers; when it has no answer, say of which facts and why."""
        try:
            self.facts.update(question())
        except (UndeterminedError, OSError, ValueError, LookupError, TypeError) as error:
            self.doubt(names, str(error) if isinstance(error, UndeterminedError) else _explain(error))

    def doubt(self, names: str, reason: str) -> None:
        self.reasons.append(f"{names}: {reason}")

    @property
    def failed(self) -> bool:
        """Nothing at all was determined, so it is worth another try before long."""
        return all(fact is None for fact in self.facts.values())

    def as_facts(self) -> dict[str, Fact]:
        facts: dict[str, Fact] = {**self.facts, "source": self.source}
        if self.reasons:
            facts["undetermined"] = "; ".join(self.reasons)
        return {name: clip(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}


def clip(text: str) -> str:
    """Printable, and no longer than the server takes."""
    printable = "".join(each if each.isprintable() else "?" for each in text)
    return printable if len(printable) <= TEXT_CHARACTERS else printable[: TEXT_CHARACTERS - 1] + "…"


def _explain(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return f"cannot be understood ({type(error).__name__}: {error})"
