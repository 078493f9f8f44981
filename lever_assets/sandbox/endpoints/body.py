"""The body of a write: JSON, or multipart/form-data with files and nested keys such as `phones[0][value]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from python_multipart import parse_form
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File
from starlette.types import Receive

from lever_assets.sandbox.errors import bad_request, too_large

# Several files of 30 MB may come in one body.
LARGEST_BODY = 128 * 1024 * 1024

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Raw:
    """A body as it came. `content` is None when it was larger than what is read."""

    content: bytes | None = b""
    content_type: str = ""

    @property
    def kind(self) -> str:
        """The content type without its parameters."""
        return self.content_type.partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Form:
    """A parsed body: its values, and its files by the name of their field, in their order."""

    values: dict[str, Any] = field(default_factory=dict)
    files: tuple[tuple[str, str, bytes], ...] = ()

    def named(self, *names: str) -> list[tuple[str, bytes]]:
        """File names and contents of the fields with one of these names, with or without brackets."""
        return [
            (filename, content) for name, filename, content in self.files if name.partition("[")[0] in names
        ]


async def receive_body(receive: Receive, content_type: str) -> Raw:
    """Read the request's body to its end, even when it is too large to be kept."""
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks.append(chunk)
        more = message.get("more_body", False)
    return Raw(b"".join(chunks) if size <= LARGEST_BODY else None, content_type)


def parse(raw: Raw) -> Form:
    """Read a body; a 400 when it isn't what its content type says, a 413 when it is too large."""
    if raw.content is None:
        raise too_large("The request is too large")
    kind = raw.kind
    if kind == "multipart/form-data":
        return _multipart(raw)
    if not raw.content:
        return Form()
    if kind not in {"", "application/json"}:
        raise bad_request("The content type must be application/json or multipart/form-data")
    try:
        values = orjson.loads(raw.content)
    except ValueError as error:
        raise bad_request("The body is not valid JSON") from error
    if not isinstance(values, dict):
        raise bad_request("The body must be a JSON object")
    return Form(values)


def validate(model: type[Model], values: Mapping[str, Any]) -> Model:
    """The values as a model; a 400 that names the field which can't be read."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise bad_request(f"{place}: {first['msg']}" if place else first["msg"]) from error


def _multipart(raw: Raw) -> Form:
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, str, bytes]] = []

    def on_field(part: Field) -> None:
        fields.append(((part.field_name or b"").decode(), (part.value or b"").decode()))

    def on_file(part: File) -> None:
        part.file_object.seek(0)
        name, filename = (part.field_name or b"").decode(), (part.file_name or b"").decode()
        files.append((name, filename, part.file_object.read()))
        part.close()

    headers = {"Content-Type": raw.content_type.encode("latin-1")}
    try:
        parse_form(headers, BytesIO(raw.content or b""), on_field, on_file)
    except (FormParserError, ValueError) as error:
        raise bad_request("The multipart body can't be read") from error
    return Form(_nested(fields), tuple(files))


def _nested(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """`a[0][b]` and `a[]` to lists and objects; a key that comes several times is a list."""
    root: dict[str, Any] = {}
    for key, value in fields:
        steps = [key.partition("[")[0], *re.findall(r"\[([^\]]*)\]", key)]
        _place(root, steps, value)
    return {name: _lists(value) for name, value in root.items()}


def _place(node: dict[str, Any], steps: list[str], value: str) -> None:
    for step in steps[:-1]:
        below = node.setdefault(step or str(len(node)), {})
        if not isinstance(below, dict):
            raise bad_request(f"{steps[0]} is given as a value and as an object")
        node = below
    last = steps[-1]
    if not last:
        node[str(len(node))] = value
    elif last in node and not isinstance(node[last], dict):
        node[last] = {"0": node[last], "1": value}
    elif last in node:
        node[last][str(len(node[last]))] = value
    else:
        node[last] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(below) for key, below in value.items()}
