"""Walks the sandbox's pages as a client would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

Params = dict[str, Any]
ALL = {"confidentiality": "all"}


def pages(client: httpx.Client, path: str, **params: Any) -> Iterator[list[dict[str, Any]]]:
    """Every page of a list, by following `next`."""
    offset: Params = {}
    while True:
        answer = client.get(path, params=params | offset)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        yield body["data"]
        if not body["hasNext"]:
            assert "next" not in body
            return
        offset = {"offset": body["next"]}


def every(client: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """Every record of a list."""
    return [record for page in pages(client, path, **params) for record in page]


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["id"] for record in records]
