"""`makegood export`: everything that is kept of a client, in files that other programs read."""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click
from boto3.dynamodb.types import TypeDeserializer

from makegood import aws, clock
from makegood.rules.instants import format_instant
from makegood.settings import settings
from makegood.storage.changes import RefusedError, known_client
from makegood.storage.records import CLIENTS
from makegood_cli.connection import connect
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, progress, say

MANIFEST: Final = "manifest.json"
SECRET: Final = ("token_hash", "next_token_hash")
"""What is left out: a device's token is of no use to anybody else."""

TARS: Final = {".tar": "w", ".tgz": "w:gz", ".tar.gz": "w:gz"}
Json = dict[str, Any]
_READ: Final = TypeDeserializer()


@click.command(cls=Command)
@click.argument("client")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    help="A folder that is new or empty, or a file that ends in .tar or .tar.gz.",
)
def export(client: str, target: Path) -> None:
    """Write everything that is kept of CLIENT to a folder or a tar file.

    Its contracts, devices, incidents, evidence, mails as they are on record, audit trail (JSON Lines), and
    its statements' files as they were issued. What was written is counted and compared with what is stored;
    manifest.json, written last, has the counts and the SHA-256 of each file.
    """
    connect()
    known_client(client)
    mode = next((mode for end, mode in TARS.items() if target.name.endswith(end)), None)
    if mode is None:
        _refuse_filled(target)
        target.mkdir(parents=True, exist_ok=True)
        manifest = _export(client, target)
    else:
        if target.exists():
            raise RefusedError(f"{target} is there already: name another file.")
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as folder:
            manifest = _export(client, Path(folder))
            _pack(Path(folder), target, client, mode)
    if current_options().json:
        print_json({**manifest, "to": str(target)})
        return
    counts = ", ".join(f"{number:,} {name}" for name, number in manifest["counts"].items())
    say(f"{target} holds {counts}; counted again and complete as of {manifest['exported_at']}.")


def _refuse_filled(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RefusedError(f"{folder} is there and not empty: name a new folder.")


def _export(client: str, folder: Path) -> Json:
    """Writes the files and, when they are complete, their manifest."""
    now = format_instant(clock.now())
    records, devices = settings().records_table, settings().devices_table
    kinds: Counter[str] = Counter()
    entry = _plain(aws.dynamodb().get_item(TableName=records, Key=_key(pk=CLIENTS, sk=client))["Item"])
    (folder / "client.json").write_text(json.dumps(entry, indent=2) + "\n")
    counts = {
        "records": _write_table(records, "pk", client, folder / "records.jsonl", kinds),
        "devices": _write_table(devices, "client", client, folder / "devices.jsonl", Counter()),
        "files": _write_files(client, folder / "statements"),
    }
    manifest = {
        "client": client,
        "exported_at": now,
        "counts": counts,
        "kinds": dict(sorted(kinds.items())),
        "sha256": {str(file.relative_to(folder)): _sha256(file) for file in sorted(_files_in(folder))},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    return manifest


def _write_table(table: str, key: str, client: str, file: Path, kinds: Counter[str]) -> int:
    """One item a line, as they come; then they are counted again."""
    awaited = _count(table, key, client)
    written = 0
    with file.open("w") as out, progress(_items(table, key, client), file.name, awaited) as items:
        for item in items:
            written += 1
            kinds[str(item.get("model"))] += 1
            out.write(json.dumps(item, separators=(",", ":")) + "\n")
    stored = _count(table, key, client)
    if written != stored:
        raise RefusedError(
            f"{file.name} has {written} items, but {stored} are stored: something changed meanwhile, so the "
            "export is not complete. Repeat it."
        )
    return written


def _write_files(client: str, folder: Path) -> int:
    """The statements' files, each compared with its length in the bucket."""
    found = list(_objects(client))
    with progress(found, "statements", len(found)) as objects:
        for each in objects:
            file = folder / each["Key"].removeprefix(f"{client}/")
            file.parent.mkdir(parents=True, exist_ok=True)
            body = aws.s3().get_object(Bucket=settings().statements_bucket, Key=each["Key"])["Body"]
            with file.open("wb") as out:
                for chunk in body.iter_chunks():
                    out.write(chunk)
            if file.stat().st_size != each["Size"]:
                raise RefusedError(f"{each['Key']} came incomplete: repeat the export.")
    return len(found)


def _items(table: str, key: str, client: str) -> Iterator[Json]:
    pages = aws.dynamodb().get_paginator("query").paginate(**_query(table, key, client))
    for page in pages:
        for item in page["Items"]:
            yield {name: value for name, value in _plain(item).items() if name not in SECRET}


def _count(table: str, key: str, client: str) -> int:
    pages = aws.dynamodb().get_paginator("query").paginate(**_query(table, key, client), Select="COUNT")
    return sum(page["Count"] for page in pages)


def _query(table: str, key: str, client: str) -> Any:
    return {
        "TableName": table,
        "KeyConditionExpression": "#key = :client",
        "ExpressionAttributeNames": {"#key": key},
        "ExpressionAttributeValues": {":client": {"S": client}},
        "ConsistentRead": True,
    }


def _objects(client: str) -> Iterator[Any]:
    pages = aws.s3().get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=settings().statements_bucket, Prefix=f"{client}/"):
        yield from page.get("Contents", [])


def _plain(item: Json) -> Json:
    """An item as JSON: numbers are whole, as everything stored is."""
    return {name: _value(_READ.deserialize(value)) for name, value in item.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, set):
        return sorted(map(_value, value))
    if isinstance(value, dict):
        return {name: _value(each) for name, each in value.items()}
    return list(map(_value, value)) if isinstance(value, list) else value


def _key(**values: str) -> Any:
    return {name: {"S": value} for name, value in values.items()}


def _files_in(folder: Path) -> Iterable[Path]:
    return (file for file in folder.rglob("*") if file.is_file())


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _pack(folder: Path, target: Path, client: str, mode: Any) -> None:
    """The tar appears under its name when it is whole."""
    part = target.with_name(f".{target.name}.part")
    with tarfile.open(part, mode) as tar:
        tar.add(folder, arcname=client)
    part.replace(target)
