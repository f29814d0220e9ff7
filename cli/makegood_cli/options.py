"""The options of every command, and groups whose commands are imported only when they are used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click
from click.core import ParameterSource


@dataclass
class Options:
    """What was asked for, wherever on the command line it stood."""

    json: bool = False
    local: bool = False
    stack: str = ""
    region: str = ""
    profile: str = ""

    @property
    def stack_name(self) -> str:
        return self.stack or os.environ.get("MAKEGOOD_STACK") or "makegood"


def current_options() -> Options:
    """The options of the command that runs."""
    options: Options = click.get_current_context().ensure_object(Options)
    return options


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    assert parameter.name is not None
    if context.get_parameter_source(parameter.name) is not ParameterSource.DEFAULT:
        setattr(context.ensure_object(Options), parameter.name, value)


def _everywhere() -> list[click.Parameter]:
    shared: dict[str, Any] = {"expose_value": False, "callback": _keep}
    return [
        click.Option(["--json"], is_flag=True, help="Print JSON, for programs.", **shared),
        click.Option(
            ["--local"], is_flag=True, help="Use the stack that `make run` keeps up here.", **shared
        ),
        click.Option(["--stack"], help="Name of the stack [MAKEGOOD_STACK, or makegood].", **shared),
        click.Option(["--region"], help="AWS region of the stack.", **shared),
        click.Option(["--profile"], help="AWS profile to work as.", **shared),
    ]


class Command(click.Command):
    """A command that takes the options of every command too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_everywhere()]


class LazyGroup(click.Group):
    """A group that imports a command, given as `module:attribute`, when it is used: each starts fast."""

    def __init__(self, *args: Any, lazy: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy
        self.params = [*self.params, *_everywhere()]

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(self._lazy)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in self._lazy:
            return None
        module, attribute = self._lazy[name].split(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command
