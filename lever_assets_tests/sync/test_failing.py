"""One sentence for every error, whoever tells it."""

import errno
from collections.abc import Callable

import pytest

from lever_assets.lever import UnavailableError
from lever_assets.settings import SettingsError
from lever_assets.store import BusyError
from lever_assets.sync.failing import sentence, where
from lever_assets.sync.windows import Bounds

OURS = UnavailableError("Lever is out of order", "try again")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OURS, "Lever is out of order; try again."),
        (BusyError("it is\nlocked", "wait"), "it is locked; wait."),
        (SettingsError("LEVER_X can't be used."), "LEVER_X can't be used."),
        (ExceptionGroup("several", [ValueError("Jane Doe"), ExceptionGroup("more", [OURS])]), str(OURS)),
        (
            OSError(errno.ENOSPC, "No space left on device", "/data/cv.pdf"),
            "/data/cv.pdf can't be used (no space left on device); check it and its disk.",
        ),
        (
            OSError(errno.ENOSPC, "Jane Doe"),
            "something could not be read or written (no space left on device)",
        ),
        (KeyError("Jane Doe"), "something unexpected happened (KeyError)"),
        (OSError("Jane Doe"), "something unexpected happened (OSError)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_one_sentence_without_other_people_s_words(error: Exception, told: str) -> None:
    assert sentence(error) == told


def failed(act: Callable[[], object]) -> Exception:
    try:
        act()
    except Exception as error:
        return error
    pytest.fail("it went well")


def test_an_unexpected_error_says_where_it_happened() -> None:
    error = failed(lambda: Bounds("Jane Doe", None).filters("updated_at"))  # type: ignore[arg-type] # that is it
    assert sentence(error).startswith("something unexpected happened (TypeError) in sync/windows.py, line")
    assert "Jane" not in sentence(error)
    assert [place.partition(",")[0] for place in where(ExceptionGroup("x", [error]))] == [
        "sync/windows.py",
        "sync/windows.py",
    ]
