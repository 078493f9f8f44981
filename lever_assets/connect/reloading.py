"""Telling a Dagster that runs that there are other connections now."""

from dataclasses import dataclass

import httpx

from lever_assets.connect.http import client_for
from lever_assets.connect.ui_address import told
from lever_assets.settings import Settings

_LOCATION = "lever_assets"
"""As workspace.yaml calls it."""
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


@dataclass(frozen=True)
class _Ui:
    """A Dagster's UI: its address, and how people are told of it. `is_set`: by the user, who relies on it."""

    url: str
    name: str
    is_set: bool


_UNASKED = Reloading(
    "A Dagster that runs shows it once its code location is reloaded (Deployment > Code locations), which "
    "was not done: no `lever-assets ui` runs on this data folder, and LEVER_UI_URL is not set."
)


def reload_dagster(settings: Settings) -> Reloading:
    """Have Dagster load its definitions anew, and return what came of it.

    It is asked at `LEVER_UI_URL`, else where `lever-assets ui` runs with this data folder. Without either
    nothing is done: whoever runs Dagster reloads the code location there.
    """
    ui = _ui(settings)
    if ui is None:
        return _UNASKED
    password = settings.ui_password
    auth = None if password is None else httpx.BasicAuth("lever", password.get_secret_value())
    asked = {"query": _MUTATION, "variables": {"location": _LOCATION}}
    try:
        with client_for(ui.url, timeout=_SECONDS, auth=auth) as http:
            answer = http.post(f"{ui.url.rstrip('/')}/graphql", json=asked)
        found = answer.json()["data"]["reloadRepositoryLocation"]["__typename"]
    except httpx.HTTPError as error:
        return _failed(ui, f"can't be reached ({type(error).__name__})") if ui.is_set else _UNASKED
    except (ValueError, KeyError, TypeError):
        password_is_wrong = answer.status_code == httpx.codes.UNAUTHORIZED
        how = ", set LEVER_UI_PASSWORD as it is there" if password_is_wrong else ""
        return _failed(ui, f"did not take it (status {answer.status_code}{how})")
    if found != _DONE:
        return _failed(ui, f"has not loaded the definitions anew ({found})")
    return Reloading(f"The Dagster {ui.name} was reloaded, and shows it.")


def _ui(settings: Settings) -> _Ui | None:
    if settings.ui_url is not None:
        return _Ui(settings.ui_url, "at LEVER_UI_URL", is_set=True)
    url = told(settings.data_dir)
    return None if url is None else _Ui(url, "of `lever-assets ui`", is_set=False)


def _failed(ui: _Ui, why: str) -> Reloading:
    so_now = f"The Dagster {ui.name} was not reloaded, and does not show it yet."
    return Reloading(so_now, f"Dagster {ui.name} {why}: {_BY_HAND}")
