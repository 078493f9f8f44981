"""Files, by the links that lists of attachments hold; who has a link needs no key."""

import mimetypes
import re
from collections.abc import AsyncIterator
from functools import partial

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Response
from starlette.responses import StreamingResponse

from lever_assets.api.asking import Parts, ThePartsHere
from lever_assets.api.downloads import Download, GivenUpError, Head
from lever_assets.api.errors import ApiError, Code
from lever_assets.api.file_names import attached_as
from lever_assets.api.links import PATH, LinkedFile, no_file
from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.lever import LeverError, NotFoundError
from lever_assets.sync.session import Session

router = APIRouter(tags=["Files"])

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}
_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}")
_ANY = "application/octet-stream"
_WAITING = CapacityLimiter(64)
"""Threads that wait for files: reads have others."""


@router.get(
    f"{PATH}{{sealed}}",
    operation_id="getFile",
    summary="Get a file",
    response_class=Response,
    responses={200: {"content": {_ANY: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_file(sealed: str, parts: ThePartsHere) -> Response:
    """Give out the file that a link leads to, as Lever has it now; a link is good for seven days."""
    waiting = partial(to_thread.run_sync, limiter=_WAITING)
    file = parts.links.read(sealed)
    download, head = await waiting(partial(_begun, parts, file))
    return StreamingResponse(_pieces(download), media_type=head[0], headers=head[1])


async def _pieces(download: Download) -> AsyncIterator[bytes]:
    try:
        while piece := await to_thread.run_sync(download.piece, limiter=_WAITING):
            yield piece
    finally:
        download.close()


def _begun(parts: Parts, file: LinkedFile) -> tuple[Download, tuple[str, dict[str, str]]]:
    """Return the download, once something of it is there, with its type and headers; raises ApiError."""
    try:
        connection = parts.connections.connection(file.integration)
    except ApiError:
        raise no_file() from None
    if not connection.state.is_connected:
        raise no_file()
    session = Session.over(parts.store, parts.settings.of(connection.name))
    download = Download(session, file.opportunity, file.listed, file.id)
    try:
        return download, _described(file, download.head())
    except NotFoundError:
        raise no_file() from None
    except (LeverError, ConnectionTroubleError, GivenUpError):
        raise ApiError(
            Code.REMOTE_UNAVAILABLE, "Lever does not give out this file just now: try again later."
        ) from None


def _described(file: LinkedFile, head: Head) -> tuple[str, dict[str, str]]:
    kind = (head.content_type or "").partition(";")[0].strip().lower()
    if not _TYPE.fullmatch(kind):
        kind = _ANY
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", file.id)[:100]
    ending = "" if kind == _ANY else mimetypes.guess_extension(kind) or ""
    headers = {**_HEADERS, "Content-Disposition": attached_as(head.name or f"{plain}{ending}", plain)}
    if head.length is not None:
        headers["Content-Length"] = str(head.length)
    return kind, headers
