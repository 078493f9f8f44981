"""What a request brings along: one JSON object, read within limits of size and of time.

No value of it is ever told: names of people are among them.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import Message

from lever_assets.actions.engine.input_model import InputPart
from lever_assets.api.errors import invalid

LARGEST = 50_000_000
"""Bytes. A file of the 30 MB that Lever takes is 40 MB in base64."""
_LET_PASS = 4 * LARGEST
"""Of a body that is too large so much is read and forgotten."""
_SECONDS = 60.0
"""How long a body may take to arrive."""
_DEEPEST = 100
"""Levels of objects and lists: nothing that is asked for has more than ten."""
_MOST_VALUES = 500_000
"""In all objects and lists together: to look at many millions holds up everybody else."""
_LONGEST_NAME = 100
_SMALL = 100_000
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})

Json = dict[str, Any]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


async def _object(request: Request) -> Json:
    """Return the body; raises ApiError for what is no JSON object that can be used."""
    _see_type(request.headers.get("content-type", ""))
    content = await _arrived(request)
    if len(content) > _SMALL:
        return await run_in_threadpool(_parsed, content)
    return _parsed(content)


class Given(InputPart):
    """A body that FastAPI reads: null is as absent, and fields that it does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


JsonBody = Annotated[Json, Depends(_object)]
"""The body of a request: a JSON object; none at all is an empty one."""


class Bounded(APIRoute):
    """A route whose body, which FastAPI reads, is read within the same limits before."""

    def get_route_handler(self) -> Handler:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            _see_type(request.headers.get("content-type", ""))
            content = await _arrived(request)
            _parsed(content)

            async def again() -> Message:
                return {"type": "http.request", "body": content, "more_body": False}

            return await answer(Request(request.scope, again))

        return bounded


def described_by(model: type[BaseModel], *without: str, required: bool = True) -> dict[str, Any]:
    """Return what OpenAPI is told of a body with the fields of `model`, but for those in the path."""
    schema = model.model_json_schema()
    schema["properties"] = {name: each for name, each in schema["properties"].items() if name not in without}
    schema["required"] = [each for each in schema.get("required", ()) if each not in without]
    parts = schema.pop("$defs", {})
    whole = _inlined(schema, parts)
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": whole}}}}


def _inlined(schema: Any, parts: Mapping[str, Any]) -> Any:
    """Return a schema with its parts where they are named: OpenAPI keeps shared ones elsewhere."""
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name in parts:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return {**_inlined(parts[name], parts), **beside}
    # Any JSON may name itself, which has no end.
    return {} if "$ref" in schema else {key: _inlined(each, parts) for key, each in schema.items()}


def _see_type(told: str) -> None:
    kind, *parameters = [each.strip().lower() for each in told.split(";")]
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise invalid("The body has to be JSON: send it with `Content-Type: application/json`.")
    charsets = [each.partition("=")[2].strip('" ') for each in parameters if each.startswith("charset")]
    if any(each not in _UTF_8 for each in charsets):
        raise invalid("The body has to be JSON in UTF-8: send it with `Content-Type: application/json`.")


async def _arrived(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_SECONDS):
            async for part in request.stream():
                size += len(part)
                # The rest is let pass by: who is cut off in the middle hears no answer.
                if size <= LARGEST:
                    parts.append(part)
                elif size > _LET_PASS:
                    break
    except ClientDisconnect:
        raise invalid("The body is cut short.") from None
    except TimeoutError:
        raise invalid(
            f"The body did not arrive within {_SECONDS:.0f} seconds.", 408, headers={"Connection": "close"}
        ) from None
    if size > LARGEST:
        raise invalid(f"The body is larger than {LARGEST // 10**6} MB.", 413, headers={"Connection": "close"})
    return b"".join(parts)


def _parsed(content: bytes) -> Json:
    if not content.strip():
        return {}
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise invalid(f"The body is not JSON in UTF-8 (line {error.lineno}, column {error.colno}).") from None
    if not isinstance(found, dict):
        raise invalid("The body has to be a JSON object.")
    for fault in _faults(found):
        raise invalid(f"The body can't be used: {fault}.")
    return found


def _faults(whole: Json) -> Iterator[str]:
    """Yield what can't be stored or written again; without recursion, since it may be deep."""
    waiting: list[tuple[str, int, Any]] = [("", 1, whole)]
    values = 0
    while waiting:
        place, depth, value = waiting.pop()
        if isinstance(value, str):
            if "\0" in value:
                yield f"{place}: there is a NUL in the text"
            continue
        if not isinstance(value, dict | list):
            continue
        if depth > _DEEPEST:
            yield f"{place[:_LONGEST_NAME]}: it is nested deeper than {_DEEPEST} levels"
            return
        values += len(value)
        if values > _MOST_VALUES:
            yield f"it holds more than {_MOST_VALUES} values"
            return
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in inside:
            if isinstance(name, str) and "\0" in name:
                yield f"{place or 'body'}: there is a NUL in the name of a field"
                continue
            called = str(name)[:_LONGEST_NAME]
            waiting.append(
                (f"{place}.{called}" if place and len(place) < _LONGEST_NAME else called, depth + 1, each)
            )
