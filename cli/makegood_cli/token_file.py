"""A token that goes to a file instead of the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from makegood.storage.changes import RefusedError

token_option = click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the token to this new file, which only you can read, instead of printing it.",
)


@contextmanager
def opened(file: Path | None) -> Iterator[TextIO | None]:
    """The file, made before there is a token: one that is told only once must not get lost."""
    if file is None:
        yield None
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise RefusedError(f"{file} is there already: name a new file.") from error
    with os.fdopen(descriptor, "w") as out:
        try:
            yield out
        except BaseException:
            file.unlink()
            raise
