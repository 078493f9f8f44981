"""A Dagster that runs, asked by GraphQL through its UI."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from pydantic import JsonValue

from lever_assets.connect.http import client_for
from lever_assets.connect.ui_address import told
from lever_assets.settings import Settings

LOCATION = "lever_assets"
"""As workspace.yaml calls it."""
_TYPE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
"""As GraphQL has names; what else an answer holds is shown to nobody."""

JsonObject = dict[str, JsonValue]


class NoDagsterError(Exception):
    """What answers is no Dagster, or nobody does; says so."""


class UnansweredError(NoDagsterError):
    """It was asked and has not answered: what was asked of it may have happened, or happen yet."""


@dataclass(frozen=True)
class DagsterUi:
    """A Dagster's UI: its address, how people are told of it, and what opens it.

    `is_set`: by the user, who relies on it.
    """

    url: str
    name: str
    headers: dict[str, str] = field(repr=False)
    is_set: bool

    def ask(
        self, query: str, variables: Mapping[str, JsonValue], field: str, *, seconds: float
    ) -> tuple[str, JsonObject]:
        """Return the answer to a query for one `field`, by the name of its type.

        Raises NoDagsterError, of which UnansweredError where it was asked.
        """
        asked = {"query": query, "variables": variables}
        try:
            with client_for(self.url, timeout=seconds, headers=self.headers) as http:
                answer = http.post(f"{self.url.rstrip('/')}/graphql", json=asked)
        except (httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError) as error:
            raise UnansweredError(f"can't be reached ({type(error).__name__})") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise NoDagsterError(f"can't be reached ({type(error).__name__})") from None
        try:
            found = answer.json()["data"][field]
            kind = found["__typename"]
        except (ValueError, KeyError, TypeError, RecursionError):
            kind = None
        if isinstance(kind, str) and _TYPE.fullmatch(kind):
            return kind, found
        password_is_wrong = answer.status_code == httpx.codes.UNAUTHORIZED
        how = ", set LEVER_UI_PASSWORD as it is there" if password_is_wrong else ""
        raise NoDagsterError(f"did not take it (status {answer.status_code}{how})")


def found_ui(settings: Settings) -> DagsterUi | None:
    """Return the UI at `LEVER_UI_URL`, with its password, else the one that runs with the same data folder.

    That is opened by that process's own word. None: there is neither.
    """
    if settings.ui_url is not None:
        password = settings.ui_password
        told_to_it = {} if password is None else _basic(password.get_secret_value())
        return DagsterUi(settings.ui_url, "at LEVER_UI_URL", told_to_it, is_set=True)
    found = told(settings.data_dir)
    if found is None:
        return None
    bearer = {"Authorization": f"Bearer {found.token}"}
    return DagsterUi(found.url, "of `lever-assets ui`", bearer, is_set=False)


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'lever:{password}'.encode()).decode()}"}
