"""What goes wrong, as Dagster is told it: a failed step with one sentence, and warnings in the run's log.

Dagster keeps its events, and nobody erases people from them: what Lever said of somebody, and what was typed
into an action's form, is left out.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import dagster as dg
from pydantic import JsonValue

from lever_assets.lever import RateLimitedError, UnavailableError
from lever_assets.lever.quoting import BLOT, in_api_words, unquoted
from lever_assets.store import BusyError
from lever_assets.sync.failing import expected, sentence, where, with_notes

_WHOLE = f"For {BLOT} see what `lever-assets sync` and `status` say, and `reason` in the table mapping_errors"
_HARMLESS = frozenset(
    {"content_type", "country", "gender", "headers", "method", "path", "period", "type", "unified_key"}
)
"""Fields whose texts are choices, or say what is asked of the API."""
_CONTENT = "data"
"""A file in base64, or a body as a text: nobody tells it."""
_LONGEST = 10_000
"""No name and no address is so long."""
_ID = re.compile(r"(remote:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[1-9A-HJ-NP-Za-km-z]{24}|remote:\S+")


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """Raise a `Failure` with the sentence of an error; it may be retried if waiting can help.

    Of an unexpected error it names the kind and the place, and the metadata `where` how it came there; not
    its text, which may quote people's data, and Dagster keeps its events for ever. Dagster's own errors pass.
    """
    try:
        yield
    except (dg.Failure, dg.RetryRequested, dg.DagsterError):
        raise
    except Exception as error:
        raise _failure(error) from None


def told_of(error: Exception) -> str:
    """Return the sentence of an error, as the `Failure` that it would be raised as has it."""
    return str(_failure(error).description)


def _failure(error: Exception) -> dg.Failure:
    known = expected(error)
    if known is not None:
        return dg.Failure(for_events(with_notes(sentence(known), error)), allow_retries=_passes(known))
    told = sentence(error).removesuffix(".")
    told = f"{told[0].upper()}{told[1:]}; what was committed before is kept, the next run goes on from there."
    return dg.Failure(
        with_notes(told, error),
        metadata={"where": "\n".join(where(error)) or "not in this package"},
    )


def _passes(error: Exception) -> bool:
    """Whether the same run can go well a little later."""
    if isinstance(error, UnavailableError):
        return not error.lasting
    return isinstance(error, RateLimitedError | BusyError)


def for_events(said: str) -> str:
    """Return a sentence without those of Lever's words that may name somebody, and with where they are."""
    told = in_api_words(said)
    return told if told == said else f"{told.removesuffix('.')}. {_WHOLE}."


def warn(log: dg.DagsterLogManager, warnings: Iterable[str]) -> None:
    """Say warnings in the log of a run."""
    for each in warnings:
        log.warning(for_events(each))


def blotted(said: str, *about: JsonValue) -> str:
    """Return a sentence without Lever's words and without the texts in `about`: names of files, for one."""
    told = unquoted(said)
    folded = _folded(told)
    written = {
        part
        for each in about
        for text in _texts(each)
        for part in _spellings(text)
        if len(part) <= len(told) and _folded(part) in folded
    }
    for each in sorted(written, key=len, reverse=True):
        told = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", BLOT, told, flags=re.IGNORECASE)
    return told


def _folded(text: str) -> str:
    """Return a text in which whatever `re.IGNORECASE` takes for the same is the same."""
    return text.replace("İ", "i").replace("ı", "i").casefold()


def _spellings(text: str) -> Iterator[str]:
    """Yield how a text may stand in a sentence: as it is, on one line, or as the name of a file."""
    if len(text) > _LONGEST:
        return
    for each in (text, " ".join(text.split()), re.split(r"[/\\]", text)[-1]):
        plain_text = each.strip().rstrip(". ")
        if len(plain_text) > 1 and not _ID.fullmatch(plain_text):
            yield plain_text
            yield plain_text.replace('"', "'")


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        parts = value.items() if isinstance(value, dict) else (("", each) for each in value)
        for name, each in parts:
            if name not in _HARMLESS and not (name == _CONTENT and isinstance(each, str)):
                yield from _texts(each)
