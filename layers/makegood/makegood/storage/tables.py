"""Binds the models to the tables of one deployment."""

from makegood import aws
from makegood.storage.devices import Device
from makegood.storage.records import Record


def bind_tables(devices_table: str, records_table: str) -> None:
    """Names the tables once, before the first call; the models themselves know no deployment."""
    if (Device.Meta.table_name, Record.Meta.table_name) != (devices_table, records_table):
        aws.forget_clients()  # another deployment, perhaps elsewhere
    Device.Meta.table_name = devices_table
    Record.Meta.table_name = records_table
