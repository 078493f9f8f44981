"""The files of a candidate, listed and downloaded. Lever keeps none for an application alone."""

import mimetypes
import re
from datetime import datetime
from pathlib import Path

from lever_assets import private
from lever_assets.actions.engine.errors import invalid
from lever_assets.actions.engine.work import Work
from lever_assets.actions.fetching.fetcher import LARGEST
from lever_assets.actions.inputs import ApplicationAttachments, CandidateAttachments
from lever_assets.lever import JsonObject, LeverError
from lever_assets.lever.instants import from_epoch_ms
from lever_assets.lever.paths import path_to
from lever_assets.mapping.rules.papers import Listed, kind_of

_LISTS: tuple[Listed, ...] = ("resumes", "files")


async def get_application_attachments(work: Work, asked: ApplicationAttachments) -> JsonObject:
    """List the files of an application's candidate."""
    opportunity = work.resolve.application(asked.application_id).opportunity
    return {"results": list(await _attachments(work, opportunity))}


async def get_candidate_attachments(work: Work, asked: CandidateAttachments) -> JsonObject:
    """List the files of a candidate."""
    candidate = await work.resolve.candidate(asked.candidate_id)
    found = await _attachments(work, candidate.opportunity)
    # Lever keeps files on the candidate: of several applications nobody knows which one a file is for.
    about: JsonObject = {
        "candidate_id": candidate.id,
        "application_id": work.resolve.only_application(candidate),
    }
    return {"results": [{**each, **about} for each in found]}


async def _attachments(work: Work, opportunity: str) -> list[JsonObject]:
    results = []
    for listed in _LISTS:
        for record in await work.lever.list_all(path_to("opportunities", opportunity, listed)):
            if isinstance(record.get("id"), str) and record["id"]:
                results.append(await _attachment(work, opportunity, listed, record))
            else:
                work.warn(f"Lever lists something among the {listed} that has no id: it was left out.")
    return results


async def _attachment(work: Work, opportunity: str, listed: Listed, record: JsonObject) -> JsonObject:
    file = _file(record, listed)
    remote_id = str(record.get("id"))
    name = str(file.get("name") or f"{remote_id}{_ending(file)}")
    uploaded = _instant(file.get("uploadedAt")) or _instant(record.get("createdAt"))
    return {
        "id": work.session.mapping.id("attachments", opportunity, listed, remote_id),
        "remote_id": remote_id,
        "type": kind_of(listed, name).value,
        "data_url": await _address(work, opportunity, listed, record, name),
        "file_name": name,
        "content_type": mimetypes.guess_type(name)[0] or "application/octet-stream",
        "remote_created_at": uploaded,
        "remote_updated_at": uploaded,
    }


async def _address(work: Work, opportunity: str, listed: str, record: JsonObject, name: str) -> str:
    """Return where the file can be fetched: downloaded, through our API, or else in Lever with the key."""
    remote_id = str(record.get("id"))
    if work.download_to is not None:
        target = _target(work.download_to, remote_id, name)
        try:
            path = path_to("opportunities", opportunity, listed, remote_id, "download")
            await work.lever.download(path, target, limit=LARGEST)
        except LeverError as error:
            work.warn(f"The file {name} was not downloaded: {error}")
        else:
            return target.as_uri()
    elif work.file_link is not None:
        return work.file_link(opportunity, listed, remote_id)
    else:
        work.warn("The addresses of the files need Lever's API key; have them fetched to a folder instead.")
    return str(_file(record, listed).get("downloadUrl") or "")


def _file(record: JsonObject, listed: str) -> JsonObject:
    """Return the file itself: a résumé has it inside."""
    file = record.get("file") if listed == "resumes" else record
    return file if isinstance(file, dict) else {}


def _target(folder: Path, remote_id: str, name: str) -> Path:
    """Return where a file goes: its name without what could lead out of the folder, its id before it."""
    folder = folder.expanduser().resolve()
    try:
        private.make_folder(folder)
    except OSError as error:
        raise invalid(
            "Folder can't be used",
            f"The files can't be saved in {folder}: {error.strerror}. Name another folder.",
        ) from None
    end = name.replace("\\", "/").rpartition("/")[2]
    return folder / f"{_plain(remote_id)[:50]}-{_plain(end) or 'file'}"


def _plain(text: str) -> str:
    """Return the end of a text as a part of a file's name, whatever is in it."""
    plain = re.sub(r"[^\w .()+-]", "_", text).strip(" .")
    return plain.encode("utf-8", "replace")[-150:].decode("utf-8", "ignore")


def _ending(file: JsonObject) -> str:
    ending = str(file.get("ext") or "").lstrip(".")
    return f".{ending}" if ending else ""


def _instant(value: object) -> str | None:
    try:
        found: datetime | None = from_epoch_ms(value) if isinstance(value, int) else None
    except (ValueError, OverflowError):
        return None
    return None if found is None else found.isoformat(timespec="milliseconds").replace("+00:00", "Z")
