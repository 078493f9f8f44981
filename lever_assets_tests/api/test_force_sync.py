"""Syncs that are asked for over HTTP."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kombo.errors import KomboGeneralError
from sqlalchemy import func, select

from lever_assets.api.own_sync import OWN_SYNC
from lever_assets.notices.finishing import sync_id_of
from lever_assets.store.tables import RAW, notice_outbox
from lever_assets.sync.session import Session
from lever_assets.sync.status import is_complete
from lever_assets_tests.api.linking import Linking, linking, settle
from lever_assets_tests.api.served import Served, served

_PATIENCE = 90.0


def _until(seen: Callable[[], Any]) -> Any:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        found = seen()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def _under_way(api: Served) -> Any:
    with api.account.session() as session, session.reading() as tx:
        return OWN_SYNC.read(tx)


def test_a_sync_brings_the_tables_up_and_is_one_at_a_time(api: Served) -> None:
    account = api.account
    person = account.person()
    account.sandbox.edit("opportunities", person.opportunity, {"name": "Changed Meanwhile"})
    account.sandbox.set_faults("latency=40")  # so that it takes a moment
    with api.client() as kombo:
        first = kombo.general.trigger_sync(type_="FULL").data
        second = kombo.general.trigger_sync(type_="DELTA").data

    assert (first.already_queued, first.type) == (False, "FULL")
    assert second.already_queued
    assert (second.sync_id, second.type) == (first.sync_id, "FULL")
    own = _under_way(api)
    assert first.sync_id == sync_id_of(api.settings.connection, own.run_id)

    account.sandbox.set_faults()
    _until(lambda: _under_way(api) is None)
    assert account.row("candidates", person.candidate)["first_name"] == "Changed"
    with api.client() as kombo:
        third = kombo.general.trigger_sync(type_="DELTA").data
    assert (third.already_queued, third.type) == (False, "DELTA")
    assert third.sync_id != first.sync_id
    _until(lambda: _under_way(api) is None)


def test_the_notice_of_its_end_bears_the_same_id(api: Served) -> None:
    told = {"notice_urls": "http://127.0.0.1:9/", "notice_types": ("sync-finished",)}
    with served(api.account, **told) as here:
        made = here.data("POST", "/v1/force-sync", json={"type": "DELTA"})
        _until(lambda: _under_way(here) is None)

        with here.account.session() as session, session.reading() as tx:
            bodies = [str(row) for row in tx.sql.execute(select(notice_outbox)).all()]
    assert any(made["sync_id"] in each for each in bodies)


def test_what_a_sync_warns_of_is_in_the_servers_log(api: Served, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody reads what it returns: of answers that are not counted the check in Dagster alone would tell."""
    api.account.sandbox.set_faults("403=1,endpoint=GET /eeo/responses")
    with served(api.account, eeo=True) as here:
        here.data("POST", "/v1/force-sync", json={"type": "FULL"})
        _until(lambda: _under_way(here) is None)
    told = [each.getMessage() for each in caplog.records if each.name == "lever_assets.api"]
    assert [each for each in told if "eeo_responses:read:admin" in each]


def test_what_can_not_sync_says_so_without_a_code(api: Served) -> None:
    with (
        served(api.account, api_key=None) as here,
        here.client() as kombo,
        pytest.raises(KomboGeneralError) as raised,
    ):
        kombo.general.trigger_sync()
    error = raised.value.data.error
    assert error.code is None
    assert error.title == "Not set up"


@pytest.mark.parametrize("given", [{"type": "SOME"}, {"type": 1}, {"type": ["FULL"]}])
def test_another_type_is_refused(api: Served, given: dict[str, Any]) -> None:
    assert api.error("POST", "/v1/force-sync", 400, json=given)["code"] == "PLATFORM.INPUT_INVALID"


def _endings(here: Linking) -> list[str]:
    with here.store.reading("") as tx:
        bodies = tx.sql.execute(
            select(notice_outbox.c.body).where(notice_outbox.c.type == "sync-finished")
        ).scalars()
        return [json.loads(each)["data"]["sync_state"] for each in bodies]


@pytest.mark.parametrize("slow", ["GET /opportunities", "GET /opportunities/:id/interviews"])
def test_switching_off_ends_a_sync_which_goes_on_later(database_url: str, tmp_path: Path, slow: str) -> None:
    telling = {"notice_urls": "http://127.0.0.1:9/", "notice_types": ("sync-finished",)}
    with linking(database_url, tmp_path, opportunities=400, **telling) as here:
        here.sandbox.set_faults(f"slow=1,endpoint={slow}")
        own = here.connected()  # its first sync begins
        _until(lambda: here.sandbox.requests().of(slow))
        began = time.monotonic()
        with here.client() as kombo:
            kombo.general.set_integration_enabled(integration_id=own, value=False)
        settle()
        assert time.monotonic() - began < 20
        asked = here.sandbox.requests().of(slow)
        assert _endings(here) == ["CANCELLED"]
        with here.client() as kombo:
            kombo.general.set_integration_enabled(integration_id=own, value=True)
        here.sandbox.set_faults()
        name = here.synced(own)
        with Session.open(here.api.settings.of(name)) as session, session.reading() as tx:
            there = select(func.count()).select_from(RAW["opportunities"])
            assert tx.sql.execute(there).scalar_one() == len(here.sandbox.ids("opportunities"))
            assert is_complete(tx, session.exclusion)
    assert asked < 100
