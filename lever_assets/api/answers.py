"""Answers that are successes: status 200 and JSON, always."""

from collections.abc import Iterable
from typing import Any

import orjson
from fastapi import Response

JSON = "application/json"


def success(data: object) -> Response:
    """Return the envelope around `data`, which holds what JSON has, and `orjson.Fragment`."""
    return Response(orjson.dumps({"status": "success", "data": data}), media_type=JSON)


def done(data: object, warnings: Iterable[str] = ()) -> Response:
    """As `success`, of something that was done, with what is to be known of it in sentences."""
    told: list[Any] = [{"message": each} for each in warnings]
    return Response(orjson.dumps({"status": "success", "data": data, "warnings": told}), media_type=JSON)
