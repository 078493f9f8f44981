"""Any request to the Data API, as it is: for what the unified models and actions do not cover."""

import asyncio
import base64
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Literal, Self
from urllib.parse import parse_qsl, unquote

import httpx
import orjson
from pydantic import AfterValidator, ConfigDict, Field, JsonValue, ValidationError, model_validator

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.errors import ActionError, Code, invalid, of_failure, of_input, unexpected
from lever_assets.actions.engine.file_inputs import Base64
from lever_assets.actions.engine.input_model import InputPart, WebAddress
from lever_assets.actions.engine.read_back import read_back, touched
from lever_assets.actions.engine.resolving import refuse_deactivated
from lever_assets.actions.fetching.fetcher import PUBLIC, Fetcher, FileUnreachableError, RefusedError
from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.lever import JsonObject, LeverClient, LeverError, NotFoundError, RawAnswer
from lever_assets.lever.paths import query_of
from lever_assets.sync.session import Session

SET_BY_US = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "cookie",
        "host",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that the client sets, or that say how the message is sent."""

Query = dict[str, str | int | float | bool | Annotated[list[str], Field(min_length=1)]]
"""An empty list would send nothing: a filter that was meant would be lost."""

_ANY_FILE = "application/octet-stream"
_KEPT_BACK = frozenset({"set-cookie", "connection", "keep-alive", "transfer-encoding"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


def _inside(path: str) -> str:
    """Check that a path can't lead out of the API's base address, also when it is decoded twice."""
    decoded = unquote(unquote(path.partition("?")[0]))  # an encoded ? belongs to the path
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError("begin it with one slash, such as /opportunities")
    if "\\" in decoded or "#" in decoded or _UNPRINTABLE.search(decoded) or " " in path:
        raise ValueError("write it without backslash, # and blanks")
    if "#" in path or _UNPRINTABLE.search(path):  # of the query this alone can't be sent as it stands there
        raise ValueError("write # in the query as %23, and what can't be printed with % as well")
    if any(segment in {".", ".."} for segment in decoded.split("/")):
        raise ValueError("it may not lead out of the API with . or ..")
    if "//" in decoded:
        raise ValueError("it may not hold two slashes in a row")
    return path


def _sendable(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or _UNPRINTABLE.search(value) or not value.isascii():
            raise ValueError(f"{name!r} is not a header that can be sent")
        if name.lower() in SET_BY_US:
            raise ValueError(f"{name} is set by the connector")
    return headers


class FormFile(InputPart):
    """A file in a form. It is that or a text: which fields it does not have can't be told then."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=255, description="File name")
    content_type: str | None = Field(
        None, description="Such as application/pdf; default: what a download tells, else any file's"
    )
    data_url: WebAddress | None = Field(None, description="Where to fetch the file, at once, without a key")
    data: Base64 | None = Field(None, repr=False, description="The file in base64")

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.data is None) == (self.data_url is None):
            raise ValueError("give exactly one of data and data_url")
        return self


class FormField(InputPart):
    """A field of a form: a text or a file."""

    name: str = Field(min_length=1, description="Name of the field")
    value: str | FormFile = Field(description="Its text, or a file")


class Passthrough(InputPart):
    """A request to the Data API."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field(description="HTTP method")
    path: Annotated[str, AfterValidator(_inside)] = Field(
        max_length=16_000,
        description="Path below the API's base address, such as /opportunities; its query is sent as it is",
    )
    params: Query = Field(
        default_factory=dict,
        description="Query parameters, sent in this order after those in the path; a list repeats its name",
    )
    headers: Annotated[dict[str, str], AfterValidator(_sendable)] = Field(
        default_factory=dict, description="Further headers; the key is added by the connector"
    )
    data: JsonValue = Field(None, description="Body: an object or list goes as JSON, a text as it is")
    multipart_form_data: tuple[FormField, ...] | None = Field(
        None, description="Body as a form, in place of data"
    )
    response_as_base64: bool = Field(False, description="Give the answer's body in base64, for files")

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.data is not None and self.multipart_form_data is not None:
            raise ValueError("give only one of data and multipart_form_data")
        return self


def passthrough(
    session: Session,
    given: Mapping[str, object] | Passthrough,
    *,
    log_url: str | None = None,
    fetcher: Fetcher = PUBLIC,
    patience: float | None = None,
) -> ActionAnswer:
    """Send a request with the connection's key and return {url, status, headers, data}.

    Whatever Lever answers is a success. It is sent once, and has no row in the ledger. A write as a user who
    is deactivated is refused before it is sent. After a write the opportunity or posting that it changed is
    read again; where it can't be told which, a warning says that the tables follow with the next sync.
    `fetcher` fetches the files of a form that are given by their address. Where Lever takes no requests, it
    is waited for `patience` seconds (None: as long as that takes).
    """

    async def alone() -> ActionAnswer:
        async with session.client(urgent=True, patience=patience) as lever:
            return await passthrough_with(lever, given, session=session, log_url=log_url, fetcher=fetcher)

    try:
        return asyncio.run(alone())
    except ConnectionTroubleError as error:
        return ActionAnswer.failed(of_failure(error), log_url=log_url)


async def passthrough_with(
    lever: LeverClient,
    given: Mapping[str, object] | Passthrough,
    *,
    session: Session | None = None,
    log_url: str | None = None,
    fetcher: Fetcher = PUBLIC,
) -> ActionAnswer:
    """As `passthrough`, with an open client; without a session the tables are left out of it."""
    try:
        asked = given if isinstance(given, Passthrough) else Passthrough.model_validate(given)
        answer = await _sent(lever, session, asked, fetcher)
        warnings = await _read_back(lever, session, asked, answer) if session is not None else []
        data = _shown(answer, as_base64=asked.response_as_base64)
    except ValidationError as error:
        return ActionAnswer.failed(of_input(error), log_url=log_url)
    except (ActionError, LeverError) as error:
        return ActionAnswer.failed(of_failure(error), log_url=log_url)
    except Exception as error:
        return ActionAnswer.failed(unexpected(error, unknown=True), log_url=log_url, cause=error)
    return ActionAnswer(data=data, warnings=tuple(warnings))


async def _read_back(
    lever: LeverClient, session: Session, asked: Passthrough, answer: RawAnswer
) -> list[str]:
    """Bring the tables up to what a write changed; returns why they will show it only later, if so."""
    if asked.method == "GET" or 300 <= answer.status < 500:
        return []
    if answer.status >= 500:
        return ["Lever may have done it all the same; if so, the tables follow with the next sync."]
    found = _parsed(answer.content)
    data = found.get("data") if isinstance(found, dict) else None
    return await read_back(lever, session, touched(asked.method, asked.path.partition("?")[0], data))


async def _sent(
    lever: LeverClient, session: Session | None, asked: Passthrough, fetcher: Fetcher
) -> RawAnswer:
    path, query = _target(asked)
    if asked.method != "GET":
        for user in _acting(query):
            with suppress(NotFoundError):  # of whom it does not know Lever says so itself
                await refuse_deactivated(lever, session, user, user)
    content, content_type = await _body(asked, fetcher)
    given = {name.lower() for name in asked.headers}
    ours = {"Content-Type": content_type} if content_type and "content-type" not in given else {}
    headers = {**ours, **asked.headers}
    return await lever.exchange(asked.method, path, query=query, headers=headers, content=content)


def _target(asked: Passthrough) -> tuple[str, str]:
    """Return the path, and its query as it was given with the parameters that are given beside it."""
    path, _, query = asked.path.partition("?")
    return path, "&".join(filter(None, [query, query_of(asked.params)]))


def _acting(query: str) -> list[str]:
    """Return the users that a query names to act as."""
    given = parse_qsl(query, keep_blank_values=True)
    return [value for name, value in given if name == "perform_as" and value.strip()]


async def _body(asked: Passthrough, fetcher: Fetcher) -> tuple[bytes | None, str | None]:
    if asked.multipart_form_data is not None:
        return await _form(asked.multipart_form_data, fetcher)
    if asked.data is None:
        return None, None
    if isinstance(asked.data, str):
        return asked.data.encode(), "text/plain; charset=utf-8"
    return orjson.dumps(asked.data), "application/json"


async def _form(fields: tuple[FormField, ...], fetcher: Fetcher) -> tuple[bytes, str]:
    parts: list[tuple[str, tuple[str | None, bytes, str | None]]] = []
    for each in fields:
        if isinstance(each.value, str):
            parts.append((each.name, (None, each.value.encode(), None)))
        else:
            parts.append((each.name, await _file(each.value, fetcher)))
    request = httpx.Request("POST", "http://form", files=parts)
    return request.read(), request.headers["content-type"]


async def _file(file: FormFile, fetcher: Fetcher) -> tuple[str, bytes, str]:
    """Return a file of a form: its name, content and type."""
    if file.data is not None:
        return file.name, _decoded(file.data), file.content_type or _ANY_FILE
    try:
        found = await fetcher.fetch(str(file.data_url))
    except RefusedError as error:
        raise invalid("File not taken", f"The file {file.name} can't be used: {error}.") from None
    except FileUnreachableError as error:
        raise ActionError(
            Code.SERVICE_UNAVAILABLE,
            "The file can't be fetched",
            f"The file {file.name} can't be fetched: {error}. Try again later.",
        ) from None
    return file.name, found.data, file.content_type or found.content_type or _ANY_FILE


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise invalid("Invalid input", "multipart_form_data: a file is not base64. Encode it anew.") from None


def _shown(answer: RawAnswer, *, as_base64: bool) -> JsonObject:
    headers: JsonObject = {
        name: values[0] if len(values) == 1 else list(values)
        for name, values in answer.headers.items()
        if name not in _KEPT_BACK
    }
    return {
        "url": answer.url,
        "status": answer.status,
        "headers": headers,
        "data": base64.b64encode(answer.content).decode() if as_base64 else _parsed(answer.content),
    }


def _parsed(content: bytes) -> JsonValue:
    if not content:
        return None
    try:
        found: JsonValue = orjson.loads(content)
        orjson.dumps(found)  # what is nested deeper than writers go stays a text
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return content.decode("utf-8", "replace")
    return found
