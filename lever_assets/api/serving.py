"""Serving the API: where it listens, in how many processes, and how it ends."""

import logging
import socket
from contextlib import closing
from functools import partial
from http import HTTPStatus

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from lever_assets.actions.catalogue import BY_NAME
from lever_assets.api.app import make_app
from lever_assets.api.asking import Parts
from lever_assets.api.errors import Family, invalid
from lever_assets.api.first_syncs import keep_beginning
from lever_assets.api.keys import every_key, given_keys
from lever_assets.arrivals import Config, allow_connections, take_port, why_not
from lever_assets.settings import Settings
from lever_assets.store import Store

_GRACE_SECONDS = 60
"""How long actions that are under way may take to end after SIGTERM."""


class ServingError(Exception):
    """The API can't be served; one sentence says why and what to do."""


def listen(settings: Settings, host: str, port: int) -> socket.socket:
    """Take the port; raises ServingError if that can't be, or if others reach it and there is no key.

    So it does for a setting that names an action which does not exist.
    """
    unknown = sorted({*settings.api_exclude_actions} - BY_NAME.keys())
    if unknown:
        raise ServingError(
            f"LEVER_API_EXCLUDE_ACTIONS names what is no action ({', '.join(unknown)}): there are "
            f"{', '.join(BY_NAME)}"
        )

    def refuse_others() -> None:
        if not _has_keys(settings):
            raise ServingError(
                f"others reach {host}, and there is no key that they would have to show: set LEVER_API_TOKEN "
                "or make one with `lever-assets api key create NAME` first, or serve it on 127.0.0.1"
            )

    try:
        return take_port(host, port, refuse_others=refuse_others)
    except (OSError, UnicodeError) as error:
        told = f"{host}:{port} can't be used ({why_not(error)}): give another --port or --host"
        raise ServingError(told) from None


def serve(settings: Settings, listening: socket.socket, *, workers: int = 1) -> None:
    """Serve until Ctrl-C or SIGTERM; actions that are under way are finished before."""
    config = Config(
        partial(_application, settings),
        workers=workers,
        log_level="warning",
        log_config=None,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        refusal=refusal,
        lifespan="on",  # at its end what goes on behind an answer is finished
    )
    if workers == 1:
        uvicorn.Server(config).run([listening])
    else:
        Multiprocess(config, [listening]).run()


def refusal(status: int) -> bytes:
    """Return what is answered to what is no request; 431: its head is too long, by ids in it mostly."""
    told = (
        "The address and the headers are longer than 64 kB together: ask for fewer ids at once."
        if status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        else "This is no request in HTTP."
    )
    return bytes(invalid(told, status).response(Family.GENERAL).body)


def _application(settings: Settings) -> ASGIApp:
    """Make the application in the process that serves it; its store is open as long as that lives."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("lever_assets").setLevel(logging.INFO)
    allow_connections()
    parts = Parts.of(settings, Store.open(settings.tables_url))
    keep_beginning(parts)
    return make_app(parts)


def _has_keys(settings: Settings) -> bool:
    if given_keys(settings):
        return True
    with closing(Store.open(settings.tables_url)) as store:
        return any(each.revoked_at is None for each in every_key(store))
