"""Notes, files and uploads: written, downloaded and taken away."""

from __future__ import annotations

from functools import partial
from mimetypes import guess_type
from urllib.parse import quote

from pydantic import Field

from lever_assets.sandbox.endpoints.body import parse, validate
from lever_assets.sandbox.endpoints.route import Answer, Call, Route
from lever_assets.sandbox.endpoints.visibility import acting_user, must_see
from lever_assets.sandbox.endpoints.writes.answers import data, nothing
from lever_assets.sandbox.errors import bad_request, not_found
from lever_assets.sandbox.recruiting.candidacies import LeverBody
from lever_assets.sandbox.recruiting.papers import Upload, add_file, add_note, add_upload, remove_paper
from lever_assets.sandbox.schema import Record


class _Note(LeverBody):
    value: str = Field(min_length=1)
    secret: bool = False
    score: int | None = Field(default=None, ge=1, le=4)
    notify_followers: bool = False
    created_at: int | None = None


def post_note(call: Call) -> Answer:
    """POST /opportunities/:id/notes {value, secret, score, notifyFollowers, createdAt}: 201."""
    ident = call.path[0]
    must_see(call, "opportunities", ident)
    user = acting_user(call)
    body = validate(_Note, parse(call.raw).values)
    note = add_note(
        call.changes,
        ident,
        body.value,
        user=user,
        secret=body.secret,
        score=body.score,
        at=body.created_at,
    )
    return data(note, 201)


def post_file(call: Call) -> Answer:
    """POST /opportunities/:id/files, multipart with `file`: 201. Here Lever wants to know who does it."""
    ident = call.path[0]
    must_see(call, "opportunities", ident)
    if acting_user(call) is None:
        raise bad_request("perform_as is required")
    return data(add_file(call.changes, ident, _file(call)), 201)


def post_upload(call: Call) -> Answer:
    """POST /uploads, multipart with `file`: 201 with the uri that an application names it by."""
    acting_user(call)
    return data(add_upload(call.changes, _file(call)), 201)


def _file(call: Call) -> Upload:
    files = parse(call.raw).named("file")
    if len(files) != 1:
        raise bad_request("Send one file, as the field `file` of multipart/form-data")
    return Upload(*files[0])


def delete_paper(call: Call, *, resource: str) -> Answer:
    """DELETE of a note or file: 204."""
    parent, ident = call.path
    must_see(call, "opportunities", parent)
    user = acting_user(call)
    if call.account.get(resource, ident, parent) is None:
        raise not_found()
    remove_paper(call.changes, resource, parent, ident, user)
    return nothing()


def download(call: Call, *, resource: str) -> Answer:
    """GET …/download: the bytes of a file or résumé."""
    parent, ident = call.path
    must_see(call, "opportunities", parent)
    record = call.account.record(resource, ident) if call.account.get(resource, ident, parent) else None
    file: Record | None = record["file"] if record and resource == "resumes" else record
    if file is None:
        raise not_found()
    content = call.account.content(file["id"])
    kind = guess_type(file["name"])[0] or "application/octet-stream"
    headers = (
        (b"content-type", kind.encode()),
        (b"content-disposition", f"attachment; filename*=UTF-8''{quote(file['name'], safe='')}".encode()),
    )
    return Answer(200, _made_up(file) if content is None else content, headers)


def _made_up(file: Record) -> bytes:
    """Generated and recorded files have a size, but no content: theirs is made up, always the same."""
    start = f"%PDF-1.4\n% {file['id']} {file['name']}\n".encode()
    size = file["size"] or len(start)
    return start[:size].ljust(size, b" ")


PAPERS: tuple[Route, ...] = (
    Route("POST", "/opportunities/:id/notes", "notes", post_note),
    Route("DELETE", "/opportunities/:id/notes/:child", "notes", partial(delete_paper, resource="notes")),
    Route("POST", "/opportunities/:id/files", "files", post_file),
    Route("DELETE", "/opportunities/:id/files/:child", "files", partial(delete_paper, resource="files")),
    *(
        Route("GET", f"/opportunities/:id/{name}/:child/download", name, partial(download, resource=name))
        for name in ("files", "resumes")
    ),
    Route("POST", "/uploads", "uploads", post_upload),
)
