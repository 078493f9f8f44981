"""What is due is sent over HTTP, signed, until it arrives or time is up; nothing is raised for it."""

import logging
import socket
from datetime import timedelta

import pytest
from sqlalchemy import select

from lever_assets.notices import delivering
from lever_assets.notices.delivering import MOST_ATTEMPTS, Delivery, delay_after, deliver, pending
from lever_assets.notices.enqueueing import enqueue
from lever_assets.notices.wording import signature
from lever_assets.settings import Settings
from lever_assets.store import Store, outbox
from lever_assets.store.tables import notice_outbox
from lever_assets.store.transaction import now
from lever_assets_tests.notices.conftest import Configure, Later
from lever_assets_tests.notices.hooks import Hook
from lever_assets_tests.notices.test_enqueueing import reason, tag, write

HALF_A_DAY = timedelta(hours=12)


def noticed(store: Store, settings: Settings, name: str = "a") -> None:
    write(store, "tags", tag(name))
    enqueue(store, settings)


def rows(store: Store) -> list[tuple[str, int, int | None, str | None]]:
    c = notice_outbox.c
    with store.reading("lever") as tx:
        found = tx.sql.execute(select(c.state, c.attempts, c.status, c.error).order_by(c.number))
        return [tuple(row) for row in found]


def test_a_notice_is_sent_once_and_signed(store: Store, hook: Hook, configure: Configure) -> None:
    settings = configure()
    noticed(store, settings)
    assert deliver(store, settings) == Delivery(delivered=1)
    assert deliver(store, settings) == Delivery()
    assert hook.signatures == [signature("test-secret", hook.bodies[0])]
    assert rows(store) == [("delivered", 1, 200, None)]


def test_without_a_secret_it_is_not_signed(store: Store, hook: Hook) -> None:
    settings = Settings(notice_urls=hook.url)
    noticed(store, settings)
    deliver(store, settings)
    assert hook.signatures == [None]


def test_one_that_fails_is_sent_again_later_and_the_same(
    store: Store, hook: Hook, configure: Configure, later: Later
) -> None:
    settings = configure()
    hook.statuses[:] = [500, 302, 404]
    noticed(store, settings)
    assert deliver(store, settings) == Delivery(failed=1)
    assert rows(store) == [("pending", 1, 500, "the answer was HTTP 500")]
    assert deliver(store, settings) == Delivery()
    assert pending(store, "lever") == 0
    for number in (1, 2):
        later(delay_after(number) + timedelta(seconds=1))
        assert deliver(store, settings) == Delivery(failed=1)
    later(HALF_A_DAY)
    assert deliver(store, settings) == Delivery(delivered=1)
    assert len(hook.bodies) == 4  # a redirect is not followed
    assert set(hook.bodies) == {hook.bodies[0]}


def test_waiting_grows_and_ends() -> None:
    delays = [delay_after(number) for number in range(1, MOST_ATTEMPTS)]
    assert delays[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert delays == sorted(delays)
    assert delays[-1] == timedelta(hours=6)


def test_one_that_never_arrives_is_given_up_and_the_next_says_what_it_said(
    store: Store, hook: Hook, configure: Configure, later: Later
) -> None:
    settings = configure()
    hook.statuses[:] = [503] * MOST_ATTEMPTS
    noticed(store, settings)
    for _ in range(MOST_ATTEMPTS - 1):
        assert deliver(store, settings).failed == 1
        later(HALF_A_DAY)
    assert deliver(store, settings) == Delivery(given_up=1)
    later(HALF_A_DAY)
    assert enqueue(store, settings) == 0
    assert deliver(store, settings) == Delivery()
    write(store, "rejection_reasons", reason("hired"))
    enqueue(store, settings)
    assert deliver(store, settings) == Delivery(delivered=1)
    assert hook.models[-1] == {"ats_tags", "ats_rejection_reasons"}


def test_news_do_not_hurry_a_url_that_is_out_of_order(
    store: Store, hook: Hook, configure: Configure, later: Later
) -> None:
    settings = configure()
    hook.statuses[:] = [500]
    noticed(store, settings)
    deliver(store, settings)
    noticed(store, settings, "b")
    assert deliver(store, settings) == Delivery()
    assert [row[:2] for row in rows(store)] == [("superseded", 1), ("pending", 1)]
    later(HALF_A_DAY)
    assert deliver(store, settings) == Delivery(delivered=1)


def test_nobody_there_and_no_answer_are_failures_like_others(
    store: Store, hook: Hook, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as closed:
        gone, mute = (f"http://127.0.0.1:{each.getsockname()[1]}/" for each in (closed, silent))
        closed.close()
        settings = configure(f"{gone} {mute} {hook.url}")
        noticed(store, settings)
        assert deliver(store, settings) == Delivery(delivered=1, failed=2)
    errors = {row[3] or "" for row in rows(store)}
    assert errors == {"", "no answer (ClientConnectorError)", "no answer (TimeoutError)"}


def test_two_that_send_at_once_do_not_send_the_same(store: Store, hook: Hook, configure: Configure) -> None:
    settings = configure()
    noticed(store, settings)
    with store.writing("lever") as tx:
        taken = outbox.take_due(tx, again_at=now() + timedelta(minutes=2))
    assert len(taken) == 1
    assert deliver(store, settings) == Delivery()
    assert hook.bodies == []


def test_what_a_dead_process_took_is_sent_all_the_same(
    store: Store, hook: Hook, configure: Configure, later: Later
) -> None:
    settings = configure()
    noticed(store, settings)
    with store.writing("lever") as tx:
        outbox.take_due(tx, again_at=now() + timedelta(minutes=2))
    later(timedelta(minutes=3))
    assert deliver(store, settings) == Delivery(delivered=1)


def test_a_url_that_is_no_longer_wanted_gets_nothing(store: Store, hook: Hook, configure: Configure) -> None:
    noticed(store, configure())
    assert deliver(store, Settings(notice_urls="http://127.0.0.1:1/other")) == Delivery()
    assert hook.bodies == []
    assert rows(store)[0][0] == "given up"


def test_nothing_secret_is_logged(
    store: Store, hook: Hook, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = configure()
    hook.statuses[:] = [500]
    noticed(store, settings)
    deliver(store, settings)
    assert "topsecret" not in caplog.text + repr(settings)
    assert "test-secret" not in caplog.text + repr(settings)
