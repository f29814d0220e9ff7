"""A change that breaks a rule or a safety net of the system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

LAYER: Final = "layers/makegood/makegood"


@dataclass(frozen=True)
class Break:
    """A change of one text, which stands exactly once in its file."""

    name: str
    what: str
    file: str
    text: str
    instead: str

    def apply(self, root: Path) -> None:
        """Changes the file of a copy of the project; ValueError unless the text stands there exactly once."""
        path = root / self.file
        source = path.read_text()
        if source.count(self.text) != 1:
            raise ValueError(
                f"{self.name}: {self.file} has its text {source.count(self.text)} times, not once"
            )
        path.write_text(source.replace(self.text, self.instead))
