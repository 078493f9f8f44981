"""Telling a Dagster that runs that there are other connections now."""

import re
from base64 import b64encode
from dataclasses import dataclass, field

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
_TYPE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
"""As GraphQL has names; what else an answer holds is shown to nobody."""
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
    """A Dagster's UI: its address, how people are told of it, and what opens it.

    `is_set`: by the user, who relies on it.
    """

    url: str
    name: str
    headers: dict[str, str] = field(repr=False)
    is_set: bool


class _NoDagsterError(Exception):
    """What answers is no Dagster, or nobody does; says so."""


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
    ui = _ui(settings)
    if ui is None:
        return _UNASKED
    try:
        found = _asked(ui)
    except _NoDagsterError as error:
        return _failed(ui, str(error)) if ui.is_set else _UNASKED
    if found != _DONE:
        return _failed(ui, f"has not loaded the definitions anew ({found})")
    return Reloading(f"The Dagster {ui.name} was reloaded, and shows it.")


def _asked(ui: _Ui) -> str:
    """Ask a UI, and return what it calls that which came of it; raises _NoDagsterError."""
    asked = {"query": _MUTATION, "variables": {"location": _LOCATION}}
    try:
        with client_for(ui.url, timeout=_SECONDS, headers=ui.headers) as http:
            answer = http.post(f"{ui.url.rstrip('/')}/graphql", json=asked)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise _NoDagsterError(f"can't be reached ({type(error).__name__})") from None
    try:
        found = answer.json()["data"]["reloadRepositoryLocation"]["__typename"]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    if isinstance(found, str) and _TYPE.fullmatch(found):
        return found
    password_is_wrong = answer.status_code == httpx.codes.UNAUTHORIZED
    how = ", set LEVER_UI_PASSWORD as it is there" if password_is_wrong else ""
    raise _NoDagsterError(f"did not take it (status {answer.status_code}{how})")


def _ui(settings: Settings) -> _Ui | None:
    if settings.ui_url is not None:
        password = settings.ui_password
        told_to_it = {} if password is None else _basic(password.get_secret_value())
        return _Ui(settings.ui_url, "at LEVER_UI_URL", told_to_it, is_set=True)
    found = told(settings.data_dir)
    if found is None:
        return None
    bearer = {"Authorization": f"Bearer {found.token}"}
    return _Ui(found.url, "of `lever-assets ui`", bearer, is_set=False)


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'lever:{password}'.encode()).decode()}"}


def _failed(ui: _Ui, why: str) -> Reloading:
    so_now = f"The Dagster {ui.name} was not reloaded, and does not show it yet."
    return Reloading(so_now, f"Dagster {ui.name} {why}: {_BY_HAND}")
