"""First syncs begin soon, and again when they did not go well, where there is no Dagster."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from pydantic import SecretStr

from lever_assets.api.afterwards import tell
from lever_assets.api.asking import Parts
from lever_assets.api.first_syncs import begin_due
from lever_assets.connect.connections import connect_by_key, enable, wanted_connection
from lever_assets.connect.first_sync import FIRST_SYNC, claim
from lever_assets.store import StoreError
from lever_assets.sync.checkpoints import READ_WHOLE
from lever_assets.sync.standing import never_read_whole, was_read_whole
from lever_assets.unified.ids import integration_id
from lever_assets_tests.api.linking import KEY_OF_LEVER, Linking, linking, settle
from lever_assets_tests.serving import Quiet, serving


def _connect(here: Linking, *names: str) -> Parts:
    """Connect accounts as the command does; return the parts of a server over them."""
    settings = here.api.settings
    for name in names:
        wanted = wanted_connection(here.store, settings, name)
        connect_by_key(here.store, settings, wanted, SecretStr(KEY_OF_LEVER))
    return Parts.of(settings, here.store)


def _was_read(here: Linking, name: str) -> bool:
    with here.store.reading(name) as tx:
        return was_read_whole(tx)


def _is_due(here: Linking, name: str) -> None:
    with here.store.writing(name) as tx:
        asked = FIRST_SYNC.read(tx)
        assert asked is not None
        FIRST_SYNC.keep(tx, replace(asked, at=asked.at - timedelta(hours=2)))


def test_one_that_failed_is_begun_again_when_it_is_time(lined_up: Linking) -> None:
    parts = _connect(lined_up, "acme")
    lined_up.sandbox.set_faults("500=1.0")
    assert begin_due(parts) == ["acme"]
    settle()
    assert not _was_read(lined_up, "acme")
    lined_up.sandbox.set_faults()
    assert begin_due(parts) == []  # not yet
    _is_due(lined_up, "acme")
    assert begin_due(parts) == ["acme"]
    settle()
    assert _was_read(lined_up, "acme")
    _is_due(lined_up, "acme")
    assert begin_due(parts) == []
    with lined_up.store.reading("") as tx:
        assert never_read_whole(tx) == []


def test_some_are_begun_at_once_and_none_that_is_off_or_at_work(
    lined_up: Linking, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = _connect(lined_up, "acme", "beta", "gamma", "off")
    monkeypatch.setattr("lever_assets.api.first_syncs._AT_ONCE", 1)
    enable(lined_up.store, "off", enabled=False)
    lined_up.sandbox.set_faults("slow=2,endpoint=GET /stages")
    with lined_up.store.exclusive("acme"):
        assert begin_due(parts) == ["beta"]
        assert begin_due(parts) == []  # one is under way
    lined_up.sandbox.set_faults()
    settle()
    assert begin_due(parts) == ["acme"]
    settle()
    assert begin_due(parts) == ["gamma"]
    settle()
    assert begin_due(parts) == []


def test_where_dagsters_ui_is_known_it_is_left_to_its_sensor(lined_up: Linking) -> None:
    parts = _connect(lined_up, "acme")
    settings = parts.settings.model_copy(update={"ui_url": "http://127.0.0.1:9"})
    assert begin_due(replace(parts, settings=settings)) == []
    with lined_up.store.reading("acme") as tx:
        assert FIRST_SYNC.read(tx) is None


def test_what_was_read_until_it_is_its_turn_is_not_read_again(lined_up: Linking) -> None:
    parts = _connect(lined_up, "acme")
    with lined_up.store.exclusive("acme"), lined_up.store.writing("acme") as tx:
        assert claim(tx) is None
    with lined_up.store.exclusive("acme"):
        _is_due(lined_up, "acme")
        assert parts.runs.begin_first(parts.connections.connection(integration_id("acme")))
        asked = lined_up.sandbox.requests().total
        _note_read(lined_up)
    settle()
    assert lined_up.sandbox.requests().total == asked


def _note_read(here: Linking) -> None:
    with here.store.writing("acme") as tx:
        READ_WHOLE.keep(tx, tx.instant)


def test_a_url_that_hangs_does_not_hold_the_first_sync_up(database_url: str, tmp_path: Path) -> None:
    over = threading.Event()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            over.wait(30)

    with serving(Handler) as port:
        told = {"notice_urls": f"http://127.0.0.1:{port}/", "notice_types": ("all",)}
        with linking(database_url, tmp_path, **told) as here:
            try:
                own = here.connected()
                end = time.monotonic() + 8
                while not here.sandbox.requests().of("GET /opportunities"):
                    assert time.monotonic() < end
                    time.sleep(0.1)
            finally:
                over.set()
            settle()
            assert _was_read(here, here.name(own))


def test_what_follows_does_so_whatever_becomes_of_the_notices(
    lined_up: Linking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StoreError("it is full", "make room")

    monkeypatch.setattr("lever_assets.api.afterwards.enqueue", fails)
    followed = threading.Event()
    tell(lined_up.store, lined_up.api.settings, then=followed.set)
    assert followed.wait(30)
