"""A sync in a thread of this process, for where no Dagster does it. It ends with the process.

The next sync goes on where it stood. It is kept until when it is taken to go on, so that all processes know.
"""

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from lever_assets.assessment.ordering import begin as begin_assessments
from lever_assets.assessment.seeing_to import seeing_to_orders
from lever_assets.connect.dagster_ui import found_ui
from lever_assets.connect.errors import ConnectionTroubleError, SwitchedOffError
from lever_assets.insight.finishing import finish_sync, marts_all_the_same
from lever_assets.lever import LeverError
from lever_assets.notices.delivering import deliver
from lever_assets.notices.enqueueing import enqueue
from lever_assets.notices.finishing import Finished, tell_finished, telling_the_end
from lever_assets.orchestration.asked_runs import Kind, unfinished
from lever_assets.orchestration.telling import home_to_tell
from lever_assets.orchestration.untold import Noting, note_marts
from lever_assets.settings import Settings
from lever_assets.store import BusyError, Store, StoreError
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.failing import sentence
from lever_assets.sync.retention.expired import erase_due
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.standing import was_read_whole

_LEASE = timedelta(minutes=2)
_RENEWED_EVERY = 30.0
_TURN_SECONDS = 6 * 3600.0
"""How long another sync of the connection is waited for."""
_log = logging.getLogger("lever_assets.api")


@dataclass(frozen=True)
class OwnSync:
    """A sync in a thread of somebody's, by the id of its run; `until` then he is taken to live (UTC)."""

    run_id: str
    is_delta: bool
    until: Instant


OWN_SYNC = Checkpoint[OwnSync]("sync_asked_for", OwnSync)


def own_sync_in(tx: Transaction) -> OwnSync | None:
    """Return the sync of the account that is under way so; None: there is none."""
    found = OWN_SYNC.read(tx)
    return found if found is not None and found.until > now() else None


def own_syncs(tx: Transaction) -> set[str]:
    """Return the accounts of which one is under way so, whichever is the transaction's."""
    return {name for name, each in OWN_SYNC.of_all(tx).items() if each.until > now()}


class _GivesWayError(BusyError):
    """Another sync does what was asked for, or has done it."""


@dataclass(frozen=True)
class Wanted:
    """What a sync in a thread is to do.

    `is_first`: to read an account that was never read, else nothing. It begins after `patience` seconds.
    """

    is_delta: bool
    is_first: bool = False
    patience: float = 0.0


def start(store: Store, settings: Settings, wanted: Wanted) -> str:
    """Start a sync of the account that the settings name, and return the id of its run; raises StoreError.

    Where a run of Dagster's that reads as much is queued or under way then, it gives way to that one.
    """
    run_id = str(uuid4())
    with store.writing(settings.connection) as tx:
        OWN_SYNC.keep(tx, OwnSync(run_id, wanted.is_delta, tx.instant + _LEASE))
    given = (store, settings, run_id, wanted)
    threading.Thread(target=_work, args=given, daemon=True, name="sync").start()
    return run_id


def _work(store: Store, settings: Settings, run_id: str, wanted: Wanted) -> None:
    began, ended = now(), threading.Event()
    renewing = threading.Thread(
        target=_renew,
        args=(store, settings.connection, OwnSync(run_id, wanted.is_delta, began), ended),
        daemon=True,
    )
    renewing.start()
    try:
        time.sleep(wanted.patience)
        _sync(settings, run_id, wanted)
    except _GivesWayError:
        _log.info("the sync of %s gives way to another one", settings.connection)
        with suppress(StoreError):
            if not wanted.is_first:  # who was told its id hears of it
                tell_finished(store, settings, Finished(run_id, began, now(), went_well=None))
    except SwitchedOffError as error:
        _log.info("the sync of %s ended: %s", settings.connection, error)
    except (LeverError, StoreError, ConnectionTroubleError) as error:
        _log.warning("the sync of %s failed: %s", settings.connection, sentence(error))
    except Exception as error:
        _log.exception("the sync of %s failed: %s", settings.connection, sentence(error))
    finally:
        ended.set()
        renewing.join()
        with suppress(StoreError), store.writing(settings.connection) as tx:
            OWN_SYNC.forget(tx)


def _sync(settings: Settings, run_id: str, wanted: Wanted) -> None:
    """Sync as the command does it, with a store of its own: it checks its lock with each write."""
    scope = Scope(delta=wanted.is_delta)
    _see_that_it_is_ours(settings, wanted)  # before others are waited for: it may be one of them
    with Session.open(settings) as session:

        def at_turn() -> None:
            with session.reading() as tx:
                if wanted.is_first and was_read_whole(tx):
                    raise _GivesWayError(f"{session.name} was read meanwhile", "nothing is left to do")
            _see_that_it_is_ours(settings, wanted)

        begin_assessments(session)  # who arrives while it reads is to have one
        noting = Noting.of_sync(session, home_to_tell(settings), scope)
        try:
            with (
                telling_the_end(session.store, session.settings, run_id),
                noting,
                marts_all_the_same(session),
            ):
                report = sync(session, scope, wait=_TURN_SECONDS, on_report=noting, at_turn=at_turn)
            erase_due(session)
            finished = finish_sync(session, scope)
            for each in (*report.warnings, *finished.warnings):
                _log.warning("the sync of %s: %s", session.name, each)
            note_marts(session, scope, finished.replaced)
        finally:
            with seeing_to_orders(session.store, session.settings):
                enqueue(session.store, session.settings)
                deliver(session.store, session.settings)


def _see_that_it_is_ours(settings: Settings, wanted: Wanted) -> None:
    """Raise _GivesWayError where Dagster has a run that reads as much, begun later than was waited for."""
    ui = found_ui(settings)
    runs = [] if ui is None else unfinished(ui, settings.connection)
    if any(wanted.is_delta or kind is Kind.FULL for _, kind in runs):
        raise _GivesWayError(f"Dagster syncs {settings.connection}", "wait for that run")


def _renew(store: Store, name: str, own: OwnSync, ended: threading.Event) -> None:
    while not ended.wait(_RENEWED_EVERY):
        with suppress(StoreError), store.writing(name) as tx:
            OWN_SYNC.keep(tx, OwnSync(own.run_id, own.is_delta, tx.instant + _LEASE))
