"""Loads a folder of recorded JSON as the account."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.schema import SUB_RESOURCES, TABLES, Record


def load_recorded(account: Account, folder: Path) -> None:
    """Read `<resource>.json` for every resource; a missing file is an empty list.

    A file holds the list of records, or the answer around it (`{"data": [...]}`). Sub-resources name their
    opportunity in `opportunityId`. ValueError for a folder that isn't there or a file that can't be read.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder of recorded JSON")
    for resource in TABLES:
        path = folder / f"{resource}.json"
        if not path.exists():
            continue
        records = _records(path, resource)
        account.put(resource, ((record, _parent(resource, record)) for record in records))


def _records(path: Path, resource: str) -> list[Record]:
    try:
        content: Any = orjson.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if isinstance(content, dict) and "data" in content:
        content = content["data"]
    if resource == "disposition_stages" and isinstance(content, dict):
        return [content]
    if resource == "posting_forms" and isinstance(content, dict):
        content = [{"id": posting} | form for posting, form in content.items()]
    if not isinstance(content, list) or not all(isinstance(record, dict) for record in islice(content, 1000)):
        raise ValueError(f"{path} does not hold a list of records")
    return content


def _parent(resource: str, record: Record) -> str | None:
    if resource not in SUB_RESOURCES:
        return None
    parent: str | None = record.get("opportunityId") or record.get("candidateId")
    return parent
