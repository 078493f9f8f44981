"""Notes, files, résumés and uploads, with the bytes of what was uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import uuid4

from lever_assets.sandbox.errors import bad_request, too_large
from lever_assets.sandbox.recruiting.changes import Changes
from lever_assets.sandbox.recruiting.opportunities import note_work
from lever_assets.sandbox.schema import Record

LARGEST_FILE = 30 * 1024 * 1024
UPLOADS = "https://hire.lever.co/uploads/"
UPLOADS_LAST = 24 * 3_600_000
# What Lever can show as a document; other files are kept as `unsupported`.
SHOWN = frozenset({".pdf", ".doc", ".docx", ".rtf", ".txt", ".odt", ".html", ".htm", ".png", ".jpg", ".jpeg"})


@dataclass(frozen=True)
class Upload:
    """A file as it came over the wire."""

    filename: str
    content: bytes


def check_file(upload: Upload) -> None:
    """A 400 for an empty or nameless file, a 413 for one beyond 30 MB."""
    if len(upload.content) > LARGEST_FILE:
        raise too_large(f"{upload.filename} is larger than 30 MB")
    if not upload.content:
        raise bad_request(f"{upload.filename or 'The file'} is empty")
    if not upload.filename:
        raise bad_request("A file needs a name")


def add_note(
    changes: Changes,
    opportunity: str,
    value: str,
    *,
    user: str | None,
    secret: bool,
    score: int | None,
    at: int | None,
) -> Record:
    """Write a note at an instant (None: now)."""
    with changes.account.lock:
        touched = note_work(changes, opportunity)
        created = at or touched["updatedAt"]
        comment = {
            "type": "note",
            "text": "Comment",
            "value": value,
            "user": user,
            "score": score,
            "stage": touched["stage"],
            "createdAt": created,
        }
        note = {
            "id": str(uuid4()),
            "text": "Note",
            "fields": [comment],
            "user": user,
            "secret": secret,
            "completedAt": created,
            "createdAt": created,
            "deletedAt": None,
        }
        return changes.add("notes", note, opportunity)


def add_file(changes: Changes, opportunity: str, upload: Upload) -> Record:
    """Keep a file on an opportunity."""
    check_file(upload)
    with changes.account.lock:
        touched = note_work(changes, opportunity)
        return changes.add("files", _kept(changes, opportunity, upload, touched["updatedAt"]), opportunity)


def add_resume(changes: Changes, opportunity: str, upload: Upload) -> Record:
    """Keep a résumé on an opportunity; nothing is read out of it."""
    check_file(upload)
    with changes.account.lock:
        touched = note_work(changes, opportunity)
        file = _kept(changes, opportunity, upload, touched["updatedAt"])
        resume = {
            "id": str(uuid4()),
            "createdAt": touched["updatedAt"],
            "file": file,
            "parsedData": {"positions": [], "schools": []},
        }
        return changes.add("resumes", resume, opportunity)


def remove_paper(changes: Changes, resource: str, opportunity: str, ident: str, user: str | None) -> None:
    """Take a note or a file away. UnknownRecord when there is none."""
    with changes.account.lock:
        changes.remove(resource, ident, user)
        changes.account.forget_content(ident)
        note_work(changes, opportunity)


def add_upload(changes: Changes, upload: Upload) -> Record:
    """Keep a file for a day, for the application that will name it."""
    check_file(upload)
    ident = str(uuid4())
    record = {
        "id": ident,
        "uri": f"{UPLOADS}{ident}",
        "filename": upload.filename,
        "expiresAt": changes.now() + UPLOADS_LAST,
    }
    with changes.account.lock:
        changes.account.keep_content(ident, upload.content)
        return changes.add("uploads", record)


def uploaded(changes: Changes, uri: str, *, field: str) -> Upload:
    """What was uploaded, by its uri; a 400 when there is no such upload or it has expired.

    Three independent integrations send the uri, none the id (docs/lever-api.md, Postings).
    """
    record = changes.account.record("uploads", uri.removeprefix(UPLOADS))
    if record is None or record["uri"] != uri:
        raise bad_request(f"{field}: {uri!r} is not the uri of an upload")
    if record["expiresAt"] < changes.clock.read():
        raise bad_request(f"{field}: the upload {uri!r} has expired")
    return Upload(record["filename"], changes.account.content(record["id"]) or b"")


def _kept(changes: Changes, opportunity: str, upload: Upload, at: int) -> Record:
    ident = str(uuid4())
    changes.account.keep_content(ident, upload.content)
    extension = PurePosixPath(upload.filename).suffix
    return {
        "id": ident,
        "downloadUrl": f"https://hire.lever.co/opportunities/{opportunity}/files/{ident}/download",
        "ext": extension,
        "name": upload.filename,
        "uploadedAt": at,
        "status": "processed" if extension.lower() in SHOWN else "unsupported",
        "size": len(upload.content),
    }
