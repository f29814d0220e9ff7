"""Single conditional writes: the condition's failure is an answer, not an error."""

from __future__ import annotations

from collections.abc import Sequence

from botocore.exceptions import ClientError
from pynamodb.exceptions import PutError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

_CONDITION_FAILED = "ConditionalCheckFailedException"


def update_if(item: Model, actions: Sequence[Action], condition: Condition) -> bool:
    """Updates the item and reads it back; False when the condition did not hold."""
    try:
        item.update(actions=list(actions), condition=condition)
    except UpdateError as error:
        if _is_condition_failed(error):
            return False
        raise
    return True


def put_if(item: Model, condition: Condition) -> bool:
    """Puts the item; False when the condition did not hold."""
    try:
        item.save(condition=condition)
    except PutError as error:
        if _is_condition_failed(error):
            return False
        raise
    return True


def _is_condition_failed(error: PutError | UpdateError) -> bool:
    """PynamoDB's own `cause_response_code` breaks on a call that was never answered."""
    return isinstance(error.cause, ClientError) and error.cause.response["Error"]["Code"] == _CONDITION_FAILED
