"""The content of a file that an action is given: decoded or fetched, and checked before anything is sent."""

import base64
import binascii
import mimetypes
import re
from pathlib import PurePosixPath

from lever_assets.actions.engine.errors import ActionError, invalid
from lever_assets.actions.engine.file_inputs import FileInput
from lever_assets.actions.fetching.fetcher import LARGEST, PUBLIC, Fetched, Fetcher, RefusedError
from lever_assets.lever import Upload

_SAYS_NOTHING = frozenset({"application/octet-stream", "binary/octet-stream"})
_PROGRAMS = frozenset(
    {
        ".app", ".bat", ".cmd", ".com", ".cpl", ".dll", ".dmg", ".exe", ".hta", ".jar", ".js", ".jse", ".lnk",
        ".msi", ".msp", ".ps1", ".reg", ".scr", ".sh", ".vb", ".vbe", ".vbs", ".wsf",
    }
)  # fmt: skip
_PROGRAM_TYPES = frozenset(
    {
        "application/java-archive",
        "application/javascript",
        "application/vnd.microsoft.portable-executable",
        "application/x-dosexec",
        "application/x-executable",
        "application/x-msdos-program",
        "application/x-msdownload",
        "application/x-msi",
        "application/x-sh",
        "text/javascript",
    }
)
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_PAGE_ENDINGS = frozenset({".html", ".htm", ".xhtml"})


async def upload_of(file: FileInput, fetcher: Fetcher = PUBLIC) -> Upload:
    """Return a file of an input as it goes to Lever.

    Raises ActionError for what can't be used, whatever is done: no base64, empty, larger than Lever takes, a
    program, or an address that is refused. Raises FileUnreachableError if it could not be fetched now.
    """
    found = _decoded(file) if file.data is not None else await _fetched(file, fetcher)
    upload = Upload(plain_name(file.name), found.data, _type(file, found))
    told = {upload.content_type, (found.content_type or "").lower()}
    _check(upload, told, fetched=file.data is None)
    return upload


def _decoded(file: FileInput) -> Fetched:
    assert file.data is not None  # noqa: S101 - the caller looked
    if len(file.data) > (LARGEST + 3) * 4 // 3 + 4:
        raise _refused(file.name, f"it is larger than {LARGEST / 1e6:g} MB")
    try:
        return Fetched(base64.b64decode("".join(file.data.split()), validate=True), file.content_type)
    except (binascii.Error, ValueError):
        raise _refused(file.name, "its data is not base64") from None


async def _fetched(file: FileInput, fetcher: Fetcher) -> Fetched:
    assert file.data_url is not None  # noqa: S101 - the input has one of the two
    try:
        return await fetcher.fetch(file.data_url)
    except RefusedError as error:
        raise _refused(file.name, str(error)) from None


def plain_name(name: str) -> str:
    """Return the name alone: of a path only its end, without what a form would have to write otherwise.

    Lever would list such a name in its other spelling, and nobody would know the file again.
    """
    end = name.replace("\\", "/").rpartition("/")[2].replace('"', "'")
    return re.sub(r"[\x00-\x1f\x7f]", "", end).strip().rstrip(". ") or "file"


def _type(file: FileInput, found: Fetched) -> str:
    told = file.content_type or found.content_type
    if told is None or told.lower() in _SAYS_NOTHING:
        told = mimetypes.guess_type(file.name)[0] or told
    return (told or "application/octet-stream").lower()


def _check(upload: Upload, told: set[str], *, fetched: bool) -> None:
    """Refuse what is no document; `told` are the types that the input and the host say it has."""
    ending = PurePosixPath(upload.name.lower()).suffix
    if not upload.content:
        raise _refused(upload.name, "it is empty")
    if len(upload.content) > LARGEST:
        raise _refused(upload.name, f"it is larger than {LARGEST / 1e6:g} MB")
    if ending in _PROGRAMS or told & _PROGRAM_TYPES:
        raise _refused(upload.name, "programs are not taken; send a document or a picture")
    if fetched and told & _PAGES and ending not in _PAGE_ENDINGS:
        raise _refused(upload.name, "its address gives a web page instead (is a sign-in needed?)")


def _refused(name: str, why: str) -> ActionError:
    return invalid("File not taken", f"The file {name} can't be used: {why}.")
