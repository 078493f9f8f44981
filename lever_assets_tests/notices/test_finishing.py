"""The end of each sync is told once to those who want to hear of it, with how it ended."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from lever_assets.connect.connections import enable
from lever_assets.connect.errors import DisabledError, SwitchedOffError
from lever_assets.lever import LeverError
from lever_assets.notices.delivering import deliver
from lever_assets.notices.finishing import Finished, tell_finished, telling_the_end
from lever_assets.notices.wording import signature
from lever_assets.settings import Settings
from lever_assets.store import BusyError
from lever_assets.store.tables import notice_outbox
from lever_assets.store.transaction import now
from lever_assets.sync.map.deriving import all_derived
from lever_assets.sync.reports import DeriveReport
from lever_assets.sync.resuming import Run
from lever_assets.sync.run import Report, sync
from lever_assets.sync.session import Scope, Session
from lever_assets.unified.catalogue import ALL_MODELS
from lever_assets_tests.notices.place import ACME, END_USER, ON_SQLITE, Place


def read(session: Session) -> None:
    sync(session, Scope())


def interrupted(_session: Session) -> None:
    raise KeyboardInterrupt


def ends(here: Place, what: Callable[[Session], None], error: type[BaseException] | None = None) -> list[Any]:
    """Return the data of the notices that arrive of a sync's end."""
    before = len(here.hook.notices)
    with here.session() as session:
        if error is None:
            with telling_the_end(session.store, session.settings):
                what(session)
        else:
            with pytest.raises(error), telling_the_end(session.store, session.settings):
                what(session)
    deliver(here.store, here.settings.of("acme"))
    told = here.hook.notices[before:]
    assert {each["type"] for each in told} <= {"sync-finished"}
    return [each["data"] for each in told]


def test_how_a_sync_ended_is_told(here: Place) -> None:
    [told] = ends(here, read)
    began, ended = told.pop("sync_started_at"), told.pop("sync_ended_at")
    assert began <= ended
    assert began.endswith("Z")
    assert len(told.pop("sync_id")) == 24
    assert isinstance(told.pop("sync_duration_seconds"), int)
    assert told == {
        "sync_state": "SUCCEEDED",
        "integration_id": ACME,
        "integration_tool": "lever",
        "integration_category": "ATS",
        "end_user": END_USER,
        "log_url": "",
    }
    here.sandbox.set_quirks("denied=offers")
    assert [each["sync_state"] for each in ends(here, read)] == ["PARTIALLY_FAILED"]
    here.sandbox.set_quirks()
    assert [each["sync_state"] for each in ends(here, read)] == ["SUCCEEDED"]
    here.sandbox.set_faults("500=1.0")
    assert [each["sync_state"] for each in ends(here, read, LeverError)] == ["FAILED"]
    here.sandbox.set_faults("401=1.0")
    assert [each["sync_state"] for each in ends(here, read, LeverError)] == ["AUTHENTICATION_FAILED"]
    assert [each["sync_state"] for each in ends(here, interrupted, KeyboardInterrupt)] == ["CANCELLED"]
    assert len({each["data"]["sync_id"] for each in here.hook.notices}) == 6


@ON_SQLITE
def test_of_a_sync_that_did_not_begin_nothing_is_told(here: Place) -> None:
    with here.store.exclusive("acme"):
        assert ends(here, read, BusyError) == []
    enable(here.store, "acme", enabled=False)
    assert ends(here, read, DisabledError) == []


@ON_SQLITE
def test_one_that_is_switched_off_meanwhile_is_cancelled(here: Place) -> None:
    def switched_off(session: Session) -> None:
        enable(here.store, "acme", enabled=False)
        read(session)

    assert [each["sync_state"] for each in ends(here, switched_off, SwitchedOffError)] == ["CANCELLED"]
    # What failed before it was switched off failed, also if it is told of later.
    tell_finished(here.store, here.settings.of("acme"), Finished("a run", now(), now(), went_well=False))
    deliver(here.store, here.settings.of("acme"))
    assert here.hook.notices[-1]["data"]["sync_state"] == "FAILED"
    enable(here.store, "acme", enabled=True)
    assert [each["sync_state"] for each in ends(here, read)] == ["SUCCEEDED"]


@pytest.mark.parametrize("wanted", [None, Run.of()], ids=["read and mapped", "mapped alone"])
def test_one_that_is_switched_off_while_it_maps_is_cancelled(here: Place, wanted: Run | None) -> None:
    with here.session() as session:
        sync(session, Scope(), models=())
    mapped: list[str] = []

    def off(report: Report) -> None:
        if isinstance(report, DeriveReport):
            mapped.append(report.model)
            enable(here.store, "acme", enabled=False)

    def switched_off(session: Session) -> None:
        sync(session, Scope(), run=wanted, on_report=off)

    assert [each["sync_state"] for each in ends(here, switched_off, SwitchedOffError)] == ["CANCELLED"]
    left = [each.name for each in ALL_MODELS if each.name not in mapped]
    assert mapped
    assert left
    with here.session() as session, session.reading() as tx:
        assert not all_derived(tx, session.exclusion)
    enable(here.store, "acme", enabled=True)
    assert [each["sync_state"] for each in ends(here, read)] == ["SUCCEEDED"]
    with here.session() as session, session.reading() as tx:
        assert all_derived(tx, session.exclusion)


@ON_SQLITE
def test_by_itself_nobody_is_told_and_one_end_is_told_once(here: Place) -> None:
    finished = Finished("a run", now(), now(), went_well=True)
    quiet = here.settings.model_copy(update={"notice_types": Settings().notice_types}).of("acme")
    assert tell_finished(here.store, quiet, finished) == 0
    assert tell_finished(here.store, here.settings.of("acme"), finished) == 1
    assert tell_finished(here.store, here.settings.of("acme"), finished) == 0
    deliver(here.store, here.settings.of("acme"))
    assert tell_finished(here.store, here.settings.of("acme"), finished) == 0
    assert len(here.hook.notices) == 1


@ON_SQLITE
def test_it_is_signed_and_waits_in_order_where_it_is_not_taken(here: Place) -> None:
    here.settings = Settings(**{**here.settings.model_dump(), "notice_secret": "test-secret"})
    here.hook.statuses[:] = [503]
    for run_id in ("first", "second"):
        tell_finished(here.store, here.settings.of("acme"), Finished(run_id, now(), now(), went_well=True))
        deliver(here.store, here.settings.of("acme"))
    assert len(here.hook.bodies) == 1
    assert here.hook.signatures == [signature("test-secret", here.hook.bodies[0])]
    with here.store.reading("acme") as tx:
        assert len(tx.sql.execute(select(notice_outbox.c.id)).all()) == 2
