"""A play at its end, to be meddled with: what the promises say then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType

from makegood_simulator.bystander import Bystander
from makegood_simulator.cloud import ENVIRONMENT, backend, client
from makegood_simulator.play import Stage
from makegood_simulator.tables import Row, Tables
from makegood_simulator.wire import Invocation
from makegood_simulator.witness import Accepted


@dataclass
class Played:
    """A play at its end, with everything still in place."""

    stage: Stage
    bystander: Bystander

    def told_at_the_end(self, tamper: Callable[[], object]) -> list[str]:
        """The broken promises, after somebody meddled with what the play left behind."""
        tamper()
        self.stage.promises.check_end(self.bystander)
        return self.stage.result.broken

    def told_at_once(self, service: str, operation: str, **call: Any) -> list[str]:
        """The broken promises, as soon as a process makes this call to AWS."""
        outcome = self.stage.platform.run(
            Invocation("test", None, self.stage.agenda.now, None),
            lambda: getattr(client(service), operation)(**call),
        )
        assert outcome.error is None, outcome.reason
        return self.stage.result.broken

    def told_when_stored(self, key: str, body: bytes) -> list[str]:
        """The broken promises, as soon as a process stores this; afterwards the file is as it was."""
        file = {"Bucket": ENVIRONMENT["STATEMENTS_BUCKET"], "Key": key}
        before = client("s3").get_object(**file)["Body"].read()
        try:
            return self.told_at_once("s3", "put_object", **file, Body=body)
        finally:
            client("s3").put_object(**file, Body=before)

    def row(self, key: str) -> Row:
        return rows_of("RECORDS_TABLE", "acme")[DynamoType({"S": key})].attrs  # type: ignore[no-any-return]  # moto's

    def incident(self, name: str) -> Row:
        return self.row(f"incident#{name}")

    def device(self, name: str) -> Row:
        return rows_of("DEVICES_TABLE", "acme")[DynamoType({"S": name})].attrs  # type: ignore[no-any-return]  # moto's

    def notice(self, incident: str) -> tuple[str, Row]:
        """One of its notices: the key and the record."""
        prefix = f"incident#{incident}#mail#notice_"
        keys = [key for partition, key, _ in Tables().everything() if key.startswith(prefix)]
        return keys[0], self.row(keys[0])

    def accepted(self, key: str) -> list[Accepted]:
        """The mails that SES took, without the one of a record."""
        named = key.replace("#mail#", "_").replace("#", "_")
        return [mail for mail in self.stage.witness.accepted if mail.mail != named]


def rows_of(setting: str, partition: str) -> Any:
    return backend("dynamodb").tables[ENVIRONMENT[setting]].items[DynamoType({"S": partition})]
