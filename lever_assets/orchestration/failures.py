"""The one place where the project's errors become failed steps that say it in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from lever_assets.connect.connection import NotConnectedError
from lever_assets.lever import LeverError, RateLimitedError, UnavailableError
from lever_assets.settings import SettingsError
from lever_assets.store import BusyError, StoreError


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """Raise a `Failure` with the sentence of an expected error; it may be retried if waiting can help."""
    try:
        yield
    except (LeverError, StoreError, NotConnectedError, SettingsError) as error:
        raise dg.Failure(description=str(error), allow_retries=_passes(error)) from None


def _passes(error: Exception) -> bool:
    """Whether the same run can go well a little later."""
    if isinstance(error, UnavailableError):
        return not error.lasting
    return isinstance(error, RateLimitedError | BusyError)
