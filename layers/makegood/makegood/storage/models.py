"""What every model has: this process's one client. PynamoDB's own way is a session and a client per model."""

from __future__ import annotations

from pynamodb.connection import Connection, TableConnection
from pynamodb.models import Model

from makegood import aws


class TableModel(Model):
    """A row of one of the tables."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        share_client(table.connection)
        return table


def share_client(connection: Connection) -> Connection:
    """Lets a connection of PynamoDB use the client that everything else uses; it offers no other way."""
    connection._client = aws.dynamodb()  # type: ignore[assignment] # the same, by another name
    return connection
