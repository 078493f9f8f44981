"""Telling a Dagster that runs that there are other connections now."""

from collections.abc import Iterator

import httpx

from lever_assets.connect.http import client_for
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


def reload_dagster(settings: Settings) -> Iterator[str]:
    """Have Dagster load its definitions anew, where `LEVER_UI_URL` says that it runs; yields what went wrong.

    Without that address nothing is done: whoever runs Dagster reloads the code location there.
    """
    if settings.ui_url is None:
        return
    told = "reload the code location in Dagster (Deployment > Code locations) to see the change"
    password = settings.ui_password
    auth = None if password is None else httpx.BasicAuth("lever", password.get_secret_value())
    asked = {"query": _MUTATION, "variables": {"location": _LOCATION}}
    try:
        with client_for(settings.ui_url, timeout=_SECONDS, auth=auth) as http:
            answer = http.post(f"{settings.ui_url.rstrip('/')}/graphql", json=asked)
        found = answer.json()["data"]["reloadRepositoryLocation"]["__typename"]
    except httpx.HTTPError as error:
        yield f"Dagster at LEVER_UI_URL can't be reached ({type(error).__name__}): {told}"
    except (ValueError, KeyError, TypeError):
        yield f"Dagster at LEVER_UI_URL did not take it (status {answer.status_code}): {told}"
    else:
        if found != _DONE:
            yield f"Dagster at LEVER_UI_URL has not loaded the definitions anew ({found}): {told}"
