"""This machine: the data folder, and the clock beside Lever's."""

import os
import stat
from datetime import timedelta
from pathlib import Path

from lever_assets import private
from lever_assets.lever.instants import LeverClock, duration
from lever_assets.prerequisites.findings import Finding, Group, Verdict
from lever_assets.settings import Settings

_WHY_FOLDER = (
    "It holds data of candidates, in a SQLite database and in Dagster's files: nobody else's business."
)
_WHY_CLOCK = "Lever's events are refused when they look older than LEVER_WEBHOOK_MINUTES."
_CLOSE_ENOUGH = timedelta(minutes=5)
"""So far clocks may differ that nobody keeps in step; within it nothing here depends on them."""


def of_folder(settings: Settings) -> Finding:
    """Return the finding on the data folder, as it is before this program closes it to others."""
    folder, required = settings.data_dir, True
    verdict, remedy = Verdict.MISSING, "Set LEVER_DATA_DIR to a folder of this user's own."
    detail = _why_unusable(folder)
    if detail is not None:
        pass
    elif private.is_shared(folder):
        detail = f"{folder} holds more than the data, so that it stays as open as it is."
        required = False
    elif folder.exists() and (mode := stat.S_IMODE(folder.stat().st_mode)) & private.OTHERS:
        detail = f"Others may look into {folder} (mode {mode:03o})."
        remedy = f"Run `chmod -R go= {folder}`; any sync does it, too."
    else:
        verdict, remedy = Verdict.FINE, ""
        detail = f"{folder}" if folder.exists() else f"{folder} is made by the first command that needs it."
    return Finding(Group.MACHINE, "data folder", verdict, _WHY_FOLDER, detail, remedy, required=required)


def _why_unusable(folder: Path) -> str | None:
    """Return why a folder can't be written, or made; None: it can."""
    try:
        there = folder.exists()
        existing = folder if there else next(each for each in folder.absolute().parents if each.exists())
    except OSError as error:
        return f"{folder} can't be looked at ({os.strerror(error.errno or 0).lower()})."
    if existing.is_dir() and os.access(existing, os.R_OK | os.W_OK | os.X_OK):
        return None
    return f"{folder} can't be written." if there else f"{folder} is not there and can't be made."


def of_clock(clock: LeverClock, settings: Settings, *, webhooks: bool) -> Finding:
    """Return the finding on the clock: how far Lever's is from this machine's."""

    def told(verdict: Verdict, detail: str, remedy: str = "", *, required: bool = False) -> Finding:
        return Finding(Group.MACHINE, "clock", verdict, _WHY_CLOCK, detail, remedy, required=required)

    if not clock.heard:
        return told(Verdict.CANT_TELL, "No answer of Lever's was dated.")
    apart = abs(clock.ahead)
    which = "ahead of" if clock.ahead > timedelta(0) else "behind"
    differs = f"Lever's answers are dated {duration(apart.total_seconds())} {which} this machine's clock."
    if apart <= _CLOSE_ENOUGH:
        return told(Verdict.FINE, differs if apart else "Lever's and this machine's agree.")
    refused = webhooks and apart >= timedelta(minutes=settings.webhook_minutes)
    remedy = "Keep this machine's clock by NTP; if it is right, look for a proxy that dates Lever's answers."
    return told(Verdict.MISSING, differs, remedy, required=refused)
