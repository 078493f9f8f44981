"""Telling a Dagster that runs that there are other connections now."""

from dataclasses import dataclass

from lever_assets.connect.dagster_ui import LOCATION, DagsterUi, NoDagsterError, found_ui
from lever_assets.settings import Settings

_SECONDS = 60.0
_MUTATION = """
mutation Reload($location: String!) {
  reloadRepositoryLocation(repositoryLocationName: $location) { __typename }
}
"""
_DONE = "WorkspaceLocationEntry"
_BY_HAND = "reload the code location in Dagster (Deployment > Code locations) to see the change"


@dataclass(frozen=True)
class Reloading:
    """Whether a Dagster that runs has loaded its definitions anew: `told` says so in a sentence.

    `doubt`: what went wrong, and what to do; empty: nothing.
    """

    told: str
    doubt: str = ""


_UNASKED = Reloading(
    "A Dagster that runs shows it once its code location is reloaded (Deployment > Code locations), which "
    "was not done: no `lever-assets ui` runs on this data folder, and LEVER_UI_URL is not set."
)


def reload_dagster(settings: Settings) -> Reloading:
    """Have Dagster load its definitions anew, and return what came of it.

    It is asked at `LEVER_UI_URL`, with the UI's password, else where `lever-assets ui` runs with this data
    folder, with that process's own word. Without either nothing is done: whoever runs Dagster reloads the
    code location there. So it is, too, when what answers in the place of a UI that was killed is no Dagster.
    """
    ui = found_ui(settings)
    if ui is None:
        return _UNASKED
    try:
        found, _ = ui.ask(_MUTATION, {"location": LOCATION}, "reloadRepositoryLocation", seconds=_SECONDS)
    except NoDagsterError as error:
        return _failed(ui, str(error)) if ui.is_set else _UNASKED
    if found != _DONE:
        return _failed(ui, f"has not loaded the definitions anew ({found})")
    return Reloading(f"The Dagster {ui.name} was reloaded, and shows it.")


def _failed(ui: DagsterUi, why: str) -> Reloading:
    so_now = f"The Dagster {ui.name} was not reloaded, and does not show it yet."
    return Reloading(so_now, f"Dagster {ui.name} {why}: {_BY_HAND}")
