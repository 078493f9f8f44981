"""The one place where errors become failed steps that say it in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from lever_assets.lever import RateLimitedError, UnavailableError
from lever_assets.orchestration.saying import for_events
from lever_assets.store import BusyError
from lever_assets.sync.failing import expected, sentence, where, with_notes


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
