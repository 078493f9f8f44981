"""A request that writes, before it is sent; and what Lever answers to it."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import orjson
from pydantic import JsonValue

from lever_assets.lever.quoting import texts_in
from lever_assets.lever.wire import JsonObject, Params, answer

_SETS = re.compile(r"/opportunities/[^/]+/(add|remove)(Tags|Links|Sources)")
"""POSTs that set something: done twice they leave what they leave when done once (docs/lever-api.md)."""

_APPLIES = re.compile(r"/postings/[^/]+/apply")


@dataclass(frozen=True)
class Upload:
    """A file on its way to Lever."""

    name: str
    content: bytes = field(repr=False)
    content_type: str

    def described(self) -> JsonObject:
        """Return what tells the file from others, without its content: name, type, size (bytes), SHA-256."""
        return {
            "name": self.name,
            "content_type": self.content_type,
            "size": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
        }


@dataclass(frozen=True)
class Outgoing:
    """A request that writes. Its body is `json`; with `files` a form of `fields` and files by field name."""

    method: str
    path: str
    params: Params = field(default_factory=dict)
    json: JsonValue = None
    fields: Mapping[str, str] = field(default_factory=dict)
    files: tuple[tuple[str, Upload], ...] = ()

    @property
    def safe_to_resend(self) -> bool:
        """Whether sending it twice does what sending it once does."""
        return self.method in {"PUT", "DELETE"} or _SETS.fullmatch(self.path) is not None

    @property
    def texts(self) -> Iterator[str]:
        """The texts that it writes, which may be a person's."""
        yield from texts_in(self.json)
        yield from self.fields.values()
        yield from (upload.name for _, upload in self.files)

    @property
    def applies(self) -> bool:
        """Whether it is an application through a posting, for which Lever has an allowance of its own."""
        return self.method == "POST" and _APPLIES.fullmatch(self.path) is not None

    def described(self) -> JsonObject:
        """Return the request for people and logs: the content of files is told by size and hash."""
        shown: JsonObject = {
            "method": self.method,
            "path": self.path,
            "params": {name: _plain(value) for name, value in self.params.items() if value is not None},
            "body": self.json,
        }
        if self.fields or self.files:
            shown["fields"] = dict(self.fields)
            shown["files"] = [{"field": name, **upload.described()} for name, upload in self.files]
        return shown

    def body(self) -> dict[str, Any]:
        """Return what httpx is to make the body of, as arguments of `build_request`."""
        if self.fields or self.files:
            files = [(name, (each.name, each.content, each.content_type)) for name, each in self.files]
            return {"data": self.fields, "files": files}
        if self.json is None:
            return {}
        return {"content": orjson.dumps(self.json), "headers": {"Content-Type": "application/json"}}


@dataclass(frozen=True)
class Answer:
    """What Lever answered to a write: `data` (None: an empty body), and what stands beside it (`deduped`)."""

    status: int
    data: JsonValue = None
    beside: JsonObject = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, body: bytes) -> Self:
        """Return what an answer's body says; raises `WrongShapeError`."""
        if not body:
            return cls(status)
        found = answer(body)
        beside = {name: value for name, value in found.items() if name != "data"}
        return cls(status, found.get("data"), beside)


@dataclass(frozen=True)
class RawAnswer:
    """An answer as it came, whatever its status. Of several headers of one name all values are there."""

    url: str
    status: int
    headers: Mapping[str, list[str]]
    content: bytes = field(repr=False)

    @classmethod
    def of(cls, response: httpx.Response, secrets: Iterable[str]) -> Self:
        """Return a whole response, in which none of `secrets` is left."""
        content = response.content
        headers = {name: response.headers.get_list(name) for name in response.headers}
        headers.pop("content-encoding", None)  # it was undone
        for secret in secrets:
            content = content.replace(secret.encode(), b"***")
            headers = {name: [each.replace(secret, "***") for each in all_] for name, all_ in headers.items()}
        return cls(str(response.request.url), response.status_code, headers, content)


def _plain(value: object) -> JsonValue:
    if isinstance(value, str | int | float | bool):
        return value
    return [str(each) for each in value] if isinstance(value, list | tuple) else str(value)
