"""Telling Dagster what a command did, where there is one: after the command's own work, at no risk to it.

Dagster is imported here, and only when there is something to tell. Whatever goes wrong is a sentence: what
was not told waits in the database for the next command.
"""

import os
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lever_assets.orchestration.home import CONFIGURATION, follow, found_home
from lever_assets.orchestration.room import relative_folders
from lever_assets.orchestration.untold import by_asset
from lever_assets.settings import Settings
from lever_assets.store import BusyError
from lever_assets.sync.session import Session, Written

if TYPE_CHECKING:
    import dagster as dg

_SECONDS = 20.0
"""For marking windows, where Dagster's storage takes long for each; the next command goes on."""
_PATIENCE = 60.0
"""After so many seconds a command leaves its telling alone: a database may never answer."""
_CONNECTING = "5"
"""Seconds that a PostgreSQL of Dagster's has to answer a connection."""

Tell = Callable[["dg.DagsterInstance", Session], bool]


class UntellableError(Exception):
    """Dagster can't be told; its text is a sentence."""


def home_to_tell(settings: Settings) -> Path | None:
    """Return the home of the Dagster that is to be told; None: there is none, or it is not to be told."""
    return found_home(settings) if settings.report_to_dagster else None


def tell_waiting(settings: Settings, home: Path) -> str | None:
    """Tell the Dagster of a home what waits to be told of an account; return why not, if so."""

    def tell(instance: "dg.DagsterInstance", session: Session) -> bool:
        from lever_assets.orchestration.runless import tell as told  # noqa: PLC0415 - it imports Dagster

        return told(instance, session, home, seconds=_SECONDS)

    return _in_time(settings, home, tell, "the next sync tells it")


def tell_observed(settings: Settings, home: Path, written: Written, action: str) -> str | None:
    """Tell the Dagster of a home which assets an action touched; return why not, if so."""

    def tell(instance: "dg.DagsterInstance", session: Session) -> bool:
        from lever_assets.orchestration.runless import observe  # noqa: PLC0415 - it imports Dagster

        observe(instance, session, by_asset(written), action)
        return True

    return _in_time(settings, home, tell, "the tables have it all the same")


def _in_time(settings: Settings, home: Path, tell: Tell, otherwise: str) -> str | None:
    """Do it in a thread that is left alone when it takes too long: it may hang in a driver."""
    if not _was_started(home):
        return None
    found: list[str | None] = []

    def work() -> None:
        found.append(_attempt(settings, home, tell))

    thread = threading.Thread(target=work, daemon=True, name="telling-dagster")
    thread.start()
    try:
        thread.join(_PATIENCE)
        why = found[0] if found else f"it did not answer within {_PATIENCE:.0f} s"
    except KeyboardInterrupt:  # the command's own work is done
        why = "interrupted"
    if why is None:
        return None
    told = f"Dagster was not told what was done ({why}): {otherwise}"
    return f"{told}; see DAGSTER_HOME and LEVER_REPORT_TO_DAGSTER"


def _was_started(home: Path) -> bool:
    """Tell whether Dagster may have been started in a home: nobody looks at one that never was.

    That is a checkout's, whose `dagster.yaml` is there from the first: `lever-assets ui` tells it all that
    waits when it starts. What DAGSTER_HOME names is told in any case.
    """
    if os.environ.get("DAGSTER_HOME", "").strip():
        return True
    folders = relative_folders(home)
    return not folders or any(each.exists() for each in folders)


def _attempt(settings: Settings, home: Path, tell: Tell) -> str | None:
    """Tell; return in some words why that was not done, or not to the end."""
    os.environ.setdefault("PGCONNECT_TIMEOUT", _CONNECTING)
    try:
        _see_that_it_is_there(home)
        follow(home)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Dagster's own, about a home without a dagster.yaml
            import dagster as dg  # noqa: PLC0415 - it takes a second and 100 MB

            with dg.DagsterInstance.from_config(str(home)) as instance, Session.open(settings) as session:
                done = tell(instance, session)
    except UntellableError as error:
        return str(error)
    except BusyError:
        return "another command is telling it"
    except Exception as error:
        return f"{home}: {_in_words(error)}"
    return None if done else "it takes long: some windows or checks are left"


def _in_words(error: Exception) -> str:
    """Return what is wrong; but for what systems and drivers say, only the kind: a setting may be secret."""
    said = error if isinstance(error, OSError) else getattr(error, "orig", None)
    return (
        type(error).__name__
        if said is None
        else f"{type(error).__name__}, {' '.join(str(said).split())[:200]}"
    )


def _see_that_it_is_there(home: Path) -> None:
    """Raise UntellableError where Dagster would make a new storage in the place of the one that is meant."""
    if not home.is_dir():
        raise UntellableError(f"there is no folder {home}")
    with suppress(OSError):
        if home.samefile(Path.cwd()):
            return
    for each in relative_folders(home):
        if not each.exists():
            raise UntellableError(
                f"{home / CONFIGURATION} names the folder {each} from where Dagster is started: be there"
            )
