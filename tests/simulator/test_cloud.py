"""A deployment in process takes calls from many threads, as the functions make them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from makegood_simulator.cloud import ENVIRONMENT, backend, client, cloud

RECORDS = ENVIRONMENT["RECORDS_TABLE"]
WRITES = 400


def write(number: int) -> None:
    """A transaction, whose copy of the table moto makes, and a row of a new client beside it."""
    dynamodb = client("dynamodb")
    row = {"pk": {"S": f"client#{number}"}, "sk": {"S": "in a transaction"}}
    dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": RECORDS, "Item": row}}])
    dynamodb.put_item(TableName=RECORDS, Item=row | {"sk": {"S": "alone"}})


def test_threads_that_write_at_once_do_not_fail_each_other() -> None:
    with cloud(), ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(WRITES)))
        assert sum(len(rows) for rows in backend("dynamodb").tables[RECORDS].items.values()) == 2 * WRITES
