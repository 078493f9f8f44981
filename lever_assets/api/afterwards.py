"""What follows an answer and need not be waited for: notices, Dagster, mapping anew."""

import logging
import threading
import time
from collections.abc import Callable

from lever_assets.connect.reloading import reload_dagster
from lever_assets.notices.delivering import deliver
from lever_assets.notices.enqueueing import enqueue
from lever_assets.settings import Settings
from lever_assets.store import BusyError, Store
from lever_assets.sync.failing import sentence
from lever_assets.sync.field_mapping import remap
from lever_assets.sync.session import Session

_PATIENCE = 600.0
"""Seconds for which a sync that is under way is waited for."""
_LOOK_SECONDS = 0.5
_RELOADING_SECONDS = 20.0
"""How long what is to follow waits for Dagster to know a connection."""

_log = logging.getLogger("lever_assets.api")


def in_background(what: str, job: Callable[[], object]) -> threading.Thread:
    """Begin with a job, and return its thread; what goes wrong is logged with `what` was to be done."""

    def run() -> None:
        try:
            job()
        except Exception as error:
            _log.warning("%s: %s", what, sentence(error))

    # It may take long, and is begun anew by whatever comes next: nobody waits for it at the end.
    thread = threading.Thread(target=run, name=what, daemon=True)
    thread.start()
    return thread


def patiently(job: Callable[[], None]) -> None:
    """Do a job that can't be done during a sync as soon as there is none; raises BusyError at last."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            job()
        except BusyError:
            if time.monotonic() > end:
                raise
            time.sleep(_LOOK_SECONDS)
        else:
            return


def _nothing() -> None:
    return


def tell(store: Store, settings: Settings, then: Callable[[], None] = _nothing) -> None:
    """Tell the user's URLs of the news of a connection, and a Dagster that runs that there are others now.

    `then` follows, when Dagster knows them or was waited for; whatever becomes of the others.
    """

    def reload() -> None:
        doubt = reload_dagster(settings).doubt
        if doubt:
            _log.warning("%s", doubt)

    def told() -> None:
        enqueue(store, settings)
        deliver(store, settings)

    def known() -> None:
        reloading = in_background("telling Dagster of a connection", reload)
        reloading.join(_RELOADING_SECONDS)
        then()

    in_background("telling of a connection", told)
    in_background("telling of a connection", known)


def send(store: Store, settings: Settings) -> None:
    """Send what waits for the user's URLs."""
    in_background("sending notices", lambda: deliver(store, settings))


def map_anew(store: Store, settings: Settings, models: list[str]) -> threading.Thread:
    """Map models of a connection anew from what was read; of what is another then the URLs are told."""

    def anew() -> None:
        if remap(Session.over(store, settings), models):
            enqueue(store, settings)
            send(store, settings)

    return in_background("mapping anew", lambda: patiently(anew))
