"""Answers of writes, as Lever gives them."""

from __future__ import annotations

import orjson

from lever_assets.sandbox.endpoints.route import Answer
from lever_assets.sandbox.schema import Record

# Recorded: answers of stage, archive, tag and link writes come without these.
LEFT_EMPTY: Record = {"name": "", "headline": "", "emails": []}


def data(record: Record, status: int = 200, **beside: object) -> Answer:
    """A record in its envelope, with what stands beside it."""
    return Answer(status, orjson.dumps({"data": record, **beside}))


def incomplete(opportunity: Record) -> Answer:
    """An opportunity as most writes answer it: without name, headline and e-mails."""
    return data(opportunity | LEFT_EMPTY)


def nothing() -> Answer:
    """204: it is gone."""
    return Answer(204)
