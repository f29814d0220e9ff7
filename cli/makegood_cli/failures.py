"""Says in words what went wrong and what to do, for everything that a person can put right."""

from __future__ import annotations

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from pynamodb.exceptions import PynamoDBException

from makegood.rules.contracts import ContractError
from makegood.rules.facts import FactsError
from makegood.storage.changes import RefusedError
from makegood.storage.transactions import LostRaceError

_BY_CODE = {
    (
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
    ): "Your AWS credentials have expired: sign in again (such as `aws sso login`), then repeat the command.",
    (
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "AuthFailure",
        "InvalidAccessKeyId",
        "IncompleteSignature",
        "MissingAuthenticationToken",
    ): "AWS does not accept your credentials: choose others with --profile, or sign in again.",
    (
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "SlowDown",
        "TransactionInProgressException",
    ): "AWS asks to slow down: repeat the command in a moment.",
    (
        "ResourceNotFoundException",
        "StateMachineDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "NoSuchBucket",
    ): "A part of this stack is missing: check --stack and --region, or deploy it again.",
}
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized")

_BY_TYPE: dict[tuple[type[Exception], ...], str] = {
    (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError): (
        "There are no AWS credentials: sign in, name a profile with --profile, or use --local."
    ),
    (
        boto.SSOError,
        boto.UnauthorizedSSOTokenError,
        boto.SSOTokenLoadError,
        boto.TokenRetrievalError,
    ): "Your AWS sign-in has expired: run `aws sso login`, then repeat the command.",
    (boto.NoRegionError,): "No AWS region is set: name it with --region.",
    (
        boto.HTTPClientError,
        boto.ConnectionError,
    ): "AWS does not answer: check the network (with --local, that `make run` is up) and repeat the command.",
    (ResponseParserError,): (
        "What answers is not AWS: look at AWS_ENDPOINT_URL, or for a sign-in page of this network."
    ),
    (LostRaceError,): (
        "Somebody else changed the same at the same moment: look again, then repeat the command."
    ),
}


def explain(error: BaseException) -> str | None:
    """What happened and what to do, or None when it is a defect."""
    match error:
        case RefusedError() | ContractError() | FactsError():
            return str(error)
        case PynamoDBException(cause=BaseException() as cause):
            return explain(cause)
        case ClientError():
            return _explain_answer(error)
        case OSError(strerror=str(why)):
            return f"{error.filename}: {why}" if error.filename else f"What it says cannot be written: {why}"
    words = next((words for types, words in _BY_TYPE.items() if isinstance(error, types)), None)
    return words or (f"AWS: {error}" if isinstance(error, BotoCoreError) else None)


def _explain_answer(error: ClientError) -> str:
    answer = error.response["Error"]
    code, message = answer.get("Code", ""), answer.get("Message", "")
    if code in _DENIED:
        return f"Your AWS credentials lack the permission for {error.operation_name}: {message}"
    words = next((words for codes, words in _BY_CODE.items() if code in codes), None)
    return words or f"AWS refused {error.operation_name}: {code}: {message}"
