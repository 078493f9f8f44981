"""What Dagster's events may say of what went wrong: they are kept, and nobody erases people from them."""

from collections.abc import Iterable

import dagster as dg

from lever_assets.lever.quoting import BLOT, in_api_words

_WHOLE = f"For {BLOT} see what `lever-assets sync` and `status` say, and `reason` in the table mapping_errors"


def for_events(sentence: str) -> str:
    """Return a sentence without those of Lever's words that may name somebody, and with where they are."""
    told = in_api_words(sentence)
    return told if told == sentence else f"{told.removesuffix('.')}. {_WHOLE}."


def warn(log: dg.DagsterLogManager, warnings: Iterable[str]) -> None:
    """Say warnings in the log of a run."""
    for each in warnings:
        log.warning(for_events(each))
