"""Reads the definition of a state machine and refuses whatever could not be run as Step Functions does."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

State = Mapping[str, Any]
Check = Callable[[Any], bool]
Shape = Mapping[str, Check]

INVOKE: Final = "arn:aws:states:::lambda:invoke"
PUBLISH: Final = "arn:aws:states:::sns:publish"
ANY_ERROR: Final = "States.ALL"

_PATH: Final = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_]*)*")
_NAME: Final = re.compile(r"\$\{([^}]*)\}")
_KNOWN_ERRORS: Final = (ANY_ERROR, "States.TaskFailed", "States.Timeout")


class DefinitionError(ValueError):
    """Something in a definition that cannot be run here; the text names the state and the field."""


@dataclass(frozen=True)
class Definition:
    """Where an execution starts and its states by name, all of which can be run."""

    start: str
    states: Mapping[str, State]


def read_definition(definition: Mapping[str, Any], substitutions: Mapping[str, str]) -> Definition:
    """The definition with its `${names}` filled in. Raises DefinitionError for what is not known here."""
    written = _fill_in(definition, substitutions)
    _check_fields("the definition", written, _DEFINITION)
    states = written["States"]
    _check_target("the definition", "StartAt", written["StartAt"], states)
    for name, state in states.items():
        _check_state(f"state {name}", state, states)
    return Definition(written["StartAt"], states)


def _fill_in(value: Any, substitutions: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _fill_in(item, substitutions) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill_in(item, substitutions) for item in value]
    if isinstance(value, str):
        return _NAME.sub(lambda name: _substitute(name, substitutions), value)
    return value


def _substitute(name: re.Match[str], substitutions: Mapping[str, str]) -> str:
    if name[1] not in substitutions:
        raise DefinitionError(f"{name[0]} has no substitution")
    return substitutions[name[1]]


def _check_state(where: str, state: Any, states: Collection[str]) -> None:
    kind = state.get("Type") if isinstance(state, Mapping) else None
    if not isinstance(kind, str) or kind not in _STATES:
        _refuse(where, "Type", kind)
    _check_fields(where, state, _STATES[kind])
    if kind == "Task":
        _check_fields(f"{where}, Parameters", state["Parameters"], _PARAMETERS[state["Resource"]])
    for field, shape in (("Choices", _RULE), ("Retry", _RETRIER), ("Catch", _CATCHER)):
        _check_list(f"{where}, {field}", state.get(field, []), shape, states)
    for field in ("Next", "Default"):
        if field in state:
            _check_target(where, field, state[field], states)


def _check_list(where: str, items: Any, shape: Shape, states: Collection[str]) -> None:
    for index, item in enumerate(items):
        _check_fields(f"{where}[{index}]", item, shape)
        if "Next" in item:
            _check_target(f"{where}[{index}]", "Next", item["Next"], states)
        if ANY_ERROR in item.get("ErrorEquals", []) and (
            item["ErrorEquals"] != [ANY_ERROR] or item != items[-1]
        ):
            raise DefinitionError(f"{where}[{index}]: {ANY_ERROR} must stand alone, and last")


def _check_fields(where: str, value: Any, shape: Shape) -> None:
    if not isinstance(value, Mapping):
        raise DefinitionError(f"{where}: must be an object, got {value!r}")
    known = {field.rstrip("?"): (check, field.endswith("?")) for field, check in shape.items()}
    for field in value:
        if field not in known:
            raise DefinitionError(f"{where}: {field} is not known here")
    for field, (check, optional) in known.items():
        if field in value and not check(value[field]):
            _refuse(where, field, value[field])
        if field not in value and not optional:
            raise DefinitionError(f"{where}: {field} is missing")


def _check_target(where: str, field: str, target: Any, states: Collection[str]) -> None:
    if target not in states:
        raise DefinitionError(f"{where}: {field} names no state: {target!r}")


def _refuse(where: str, field: str, value: Any) -> NoReturn:
    raise DefinitionError(f"{where}: {field} cannot be run here: {value!r}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and _PATH.fullmatch(value) is not None


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_template(value: Any) -> bool:
    """Texts and numbers as they are, objects of these, and under keys that end in `.$` paths."""
    if not isinstance(value, Mapping):
        return not isinstance(value, list)
    return all(_is_path(item) if key.endswith(".$") else _is_template(item) for key, item in value.items())


def _are_errors(value: Any) -> bool:
    return _is_list(value) and all(
        isinstance(name, str) and (not name.startswith("States.") or name in _KNOWN_ERRORS) for name in value
    )


def _at_least(least: int, *types: type) -> Check:
    return lambda value: type(value) in (types or (int,)) and value >= least


def _one_of(*allowed: str) -> Check:
    return lambda value: value in allowed


# What may stand where, by name; a question mark marks what may be left out.
_DEFINITION: Final[Shape] = {
    "Comment?": _is_text,
    "StartAt": _is_text,
    "States": lambda value: isinstance(value, Mapping),
}
_EVERY: Final[Shape] = {"Type": _is_text, "Comment?": _is_text}
_PARAMETERS: Final[Mapping[str, Shape]] = {
    INVOKE: {"FunctionName": _is_text, "Payload.$": _is_path},
    PUBLISH: {"TopicArn": _is_text, "Subject": _is_text, "Message": _is_template},
}
_STATES: Final[Mapping[str, Shape]] = {
    "Wait": {**_EVERY, "TimestampPath": _is_path, "Next": _is_text},
    "Task": {
        **_EVERY,
        "Resource": _one_of(*_PARAMETERS),
        "Parameters": lambda value: isinstance(value, Mapping),
        "OutputPath?": _is_path,
        "TimeoutSeconds": _at_least(1),
        "Retry?": _is_list,
        "Catch?": _is_list,
        "Next": _is_text,
    },
    "Choice": {**_EVERY, "Choices": _is_list, "Default": _is_text},
    "Succeed": _EVERY,
    "Fail": {**_EVERY, "Error": _is_text, "Cause": _is_text},
}
_RULE: Final[Shape] = {
    "Variable": _is_path,
    "BooleanEquals": lambda value: isinstance(value, bool),
    "Next": _is_text,
}
_RETRIER: Final[Shape] = {
    "ErrorEquals": _are_errors,
    "IntervalSeconds?": _at_least(1),
    "BackoffRate?": _at_least(1, int, float),
    "MaxDelaySeconds?": _at_least(1),
    "MaxAttempts?": _at_least(0),
    "JitterStrategy?": _one_of("FULL", "NONE"),
}
_CATCHER: Final[Shape] = {
    "ErrorEquals": _are_errors,
    "ResultPath?": lambda value: value is None or _is_path(value),
    "Next": _is_text,
}
