"""What is told of an error, wherever it is told: one sentence, in which no data can be."""

import os
from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb

from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.lever import LeverError
from lever_assets.settings import SettingsError
from lever_assets.store import StoreError

EXPECTED = (LeverError, StoreError, ConnectionTroubleError, SettingsError)
"""Errors whose text is a sentence: what happened, where, what to do."""
_PACKAGE = Path(__file__).parent.parent


def expected(error: BaseException) -> Exception | None:
    """Return the error that has a sentence of its own: this one, or the first in a group; None: neither."""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(expected, error.exceptions)), None)
    return error if isinstance(error, EXPECTED) else None


def sentence(error: Exception) -> str:
    """Return the sentence of an error on one line; of an unexpected one what it is and where, not its text.

    The texts of other people's errors may quote people's data.
    """
    known = expected(error)
    if known is not None:
        return " ".join(str(known).split())
    if isinstance(error, OSError) and error.errno and error.filename:
        return f"{error.filename} can't be used ({os.strerror(error.errno).lower()}); check it and its disk."
    places = list(where(error))
    place = f" in {places[-1]}" if places else ""
    if isinstance(error, OSError) and error.errno:  # a disk that is full does not say of which file
        return f"something could not be read or written ({os.strerror(error.errno).lower()}){place}"
    return f"something unexpected happened ({type(error).__name__}){place}"


def with_notes(told: str, error: BaseException) -> str:
    """Return what is told of an error, followed by the notes that were added to it on its way."""
    notes = getattr(error, "__notes__", ())
    return " ".join((f"{told.removesuffix('.')}.", *notes)) if notes else told


def where(error: BaseException) -> Iterator[str]:
    """Yield the places of this package that an error passed, the outermost first."""
    for frame, line in walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(_PACKAGE):
            yield f"{file.relative_to(_PACKAGE).as_posix()}, line {line}"
    if isinstance(error, BaseExceptionGroup):
        yield from where(error.exceptions[0])
