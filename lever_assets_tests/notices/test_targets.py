"""Each target is told of what it asked for, signed by a secret of its own, which nobody reads anywhere."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kombo.models import ConnectionFlowFailedWebhookPayload
from pydantic import SecretStr
from sqlalchemy import select

from lever_assets.connect.connections import remove as remove_connection
from lever_assets.connect.vault import Vault
from lever_assets.notices import enqueueing
from lever_assets.notices.delivering import Delivery, delay_after, deliver, pending, with_due
from lever_assets.notices.destinations import LOCKED, PREVIOUS_FOR
from lever_assets.notices.enqueueing import enqueue, tell_flow_failed
from lever_assets.notices.keeping import TargetError, add, remove, rotate
from lever_assets.notices.trying import try_out
from lever_assets.notices.wording import Integration, signature
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store
from lever_assets.store.outbox import entries
from lever_assets.store.tables import metadata
from lever_assets.store.transaction import NOBODY
from lever_assets.sync.undelivered import troubles
from lever_assets.unified.catalogue import MODELS
from lever_assets_tests.notices.conftest import Later
from lever_assets_tests.notices.hooks import Hook, listening
from lever_assets_tests.notices.place import Place, types
from lever_assets_tests.notices.test_enqueueing import reason, tag, write

WHO = Integration("", "Acme Ltd", "ada@acme.example", "42")


@pytest.fixture
def settings() -> Settings:
    """Settings that name no URL."""
    return Settings(notice_urls=None, secret_key=SecretStr(Vault.fresh_key()))


@pytest.fixture
def another() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


def added(store: Store, settings: Settings, name: str, hook: Hook, *of: str, extra: bool = False) -> str:
    wanted = of or ("data-changed",)
    return add(store, settings, name, SecretStr(hook.url), wanted, extra_models=extra).get_secret_value()


def flow_failed(here: Place, of: str) -> int:
    with here.store.writing(of) as tx:
        return tell_flow_failed(tx, here.settings, WHO, "")


def everything_in(store: Store) -> str:
    """Return all that is in all tables, as text."""
    with store.reading("") as tx:
        return "\n".join(
            str(tuple(row)) for each in metadata.tables.values() for row in tx.sql.execute(select(each))
        )


def test_each_is_told_of_what_it_asked_for_and_signed_by_its_own_secret(here: Place, another: Hook) -> None:
    secret = added(here.store, here.settings, "crm", another, "integration-created")
    here.told()

    assert types(here.hook.notices) == ["integration-created"]  # of LEVER_NOTICE_URLS, and of all types
    assert here.hook.signatures == [None]
    assert types(another.notices) == ["integration-created"]
    assert another.signatures == [signature(secret, another.bodies[0])]
    assert another.previous == [None]

    remove_connection(here.store, "acme", erase=True)
    assert types(another.notices) == ["integration-created"]


def test_changed_data_is_told_to_each_since_what_it_took_last(
    store: Store, settings: Settings, hook: Hook, another: Hook
) -> None:
    added(store, settings, "one", hook)
    write(store, "tags", tag("a"))
    assert enqueue(store, settings) == 1
    assert deliver(store, settings) == Delivery(delivered=1)
    added(store, settings, "two", another)
    write(store, "rejection_reasons", reason("hired"))
    assert enqueue(store, settings) == 2
    assert deliver(store, settings) == Delivery(delivered=2)

    assert hook.models == [{"ats_tags"}, {"ats_rejection_reasons"}]
    assert another.models == [{"ats_tags", "ats_rejection_reasons"}]


def test_after_a_rotation_the_new_secret_signs_and_for_a_week_the_old_one_beside_it(
    store: Store, settings: Settings, hook: Hook, later: Later
) -> None:
    old = added(store, settings, "crm", hook)
    new = rotate(store, settings, "crm").get_secret_value()
    assert new != old
    for number, after in enumerate((timedelta(), PREVIOUS_FOR)):
        later(after)
        write(store, "tags", tag(str(number)))
        enqueue(store, settings)
        assert deliver(store, settings) == Delivery(delivered=1)

    assert hook.signatures == [signature(new, body) for body in hook.bodies]
    assert hook.previous == [signature(old, hook.bodies[0]), None]
    newest = rotate(store, settings, "crm").get_secret_value()
    assert try_out(store, settings, "crm").error is None
    assert hook.signatures[-1] == signature(newest, hook.bodies[-1])
    assert hook.previous[-1] == signature(new, hook.bodies[-1])


def test_the_docs_lines_tell_a_genuine_notice_from_another(
    store: Store, settings: Settings, hook: Hook
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
    lines = page.partition("### Seeing that a notice is genuine")[2].partition("```python\n")[2]
    known: dict[str, Any] = {}
    exec(lines.partition("```")[0], known)
    old = added(store, settings, "crm", hook)
    new = rotate(store, settings, "crm").get_secret_value()
    assert try_out(store, settings, "crm").error is None

    [body], [mine], [before] = hook.bodies, hook.signatures, hook.previous
    headers = {"X-Kombo-Signature": mine, "X-Kombo-Signature-Previous": before}
    genuine = known["is_genuine"]
    assert genuine(body, headers, new)
    assert genuine(body, headers, old)
    assert not genuine(body, {"X-Kombo-Signature": mine}, old)
    assert not genuine(body + b" ", headers, new)
    assert not genuine(body, {}, new)


def test_neither_its_url_nor_its_secrets_can_be_read_anywhere(
    store: Store, settings: Settings, hook: Hook
) -> None:
    hook.statuses[:] = [500]
    secrets = [added(store, settings, "crm", hook), rotate(store, settings, "crm").get_secret_value()]
    write(store, "tags", tag("a"))
    enqueue(store, settings)
    deliver(store, settings)

    kept = everything_in(store)
    assert "crm" in kept
    told = [*map(str, troubles(store, settings)), *map(repr, troubles(store, settings))]
    assert any("did not arrive at crm (127.0.0.1:" in each for each in told)
    for text in ("topsecret", *secrets):
        assert text not in kept
        assert text not in "".join(told)


def test_one_whose_key_is_lost_is_told_of_and_holds_up_nobody(
    store: Store, settings: Settings, hook: Hook, another: Hook
) -> None:
    added(store, settings, "crm", another)
    lost = Settings(notice_urls=hook.url, secret_key=SecretStr(Vault.fresh_key()))
    write(store, "tags", tag("a"))
    enqueue(store, lost)
    assert deliver(store, lost) == Delivery(delivered=1, failed=1)

    assert another.bodies == []
    assert [each.error for each in troubles(store, lost)] == [LOCKED]
    without = Settings(notice_urls=None, data_dir=lost.data_dir / "nowhere")
    with pytest.raises(SettingsError):  # a key made now would hide that another one is missing
        added(store, without, "billing", another)


def test_one_that_is_removed_gets_nothing_more_and_leaves_nothing(
    store: Store, settings: Settings, hook: Hook, another: Hook
) -> None:
    added(store, settings, "crm", hook)
    added(store, settings, "billing", another)
    write(store, "tags", tag("a"))
    enqueue(store, settings)
    remove(store, "crm")
    assert deliver(store, settings) == Delivery(delivered=1)

    assert hook.bodies == []
    assert another.models == [{"ats_tags"}]
    with store.reading("") as tx:
        assert len(entries(tx, 10)) == 1
    for gone in (lambda: remove(store, "crm"), lambda: rotate(store, settings, "crm")):
        with pytest.raises(TargetError):
            gone()


def test_what_can_t_be_a_target_is_refused(store: Store, settings: Settings, hook: Hook) -> None:
    added(store, settings, "crm", hook)
    for name, url, of in (
        ("crm", hook.url, "data-changed"),
        ("a b", hook.url, "data-changed"),
        ("", hook.url, "data-changed"),
        ("x", "ftp://topsecret.example", "data-changed"),
        ("x", hook.url, "data-changes"),
    ):
        with pytest.raises(TargetError) as refused:
            add(store, settings, name, SecretStr(url), [of])
        assert "topsecret" not in str(refused.value)
    assert enqueue(store, settings) == 0


def test_models_that_kombo_s_clients_may_not_know_are_named_to_those_who_ask(
    store: Store, settings: Settings, hook: Hook, another: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = tuple(each for each in MODELS if each.name != "tags")  # as if it were an extra one
    monkeypatch.setattr(enqueueing, "MODELS", usual)
    added(store, settings, "usual", hook)
    added(store, settings, "knows", another, extra=True)
    write(store, "tags", tag("a"))
    enqueue(store, settings)
    deliver(store, settings)
    write(store, "rejection_reasons", reason("hired"))
    enqueue(store, settings)
    deliver(store, settings)

    assert hook.models == [{"ats_rejection_reasons"}]
    assert another.models == [{"ats_tags"}, {"ats_rejection_reasons"}]


def test_what_happened_to_one_connection_arrives_in_its_order_though_the_first_failed(
    here: Place, another: Hook, later: Later
) -> None:
    added(here.store, here.settings, "crm", another, "all")
    another.statuses[:] = [500]
    here.told()
    assert types(another.notices) == ["integration-created"]
    flow_failed(here, "acme")
    assert pending(here.store, "acme") == 1  # of the other target
    here.told()
    assert types(another.notices) == ["integration-created"]
    later(delay_after(1) + timedelta(seconds=1))
    here.told()

    assert types(another.notices) == ["integration-created", "integration-created", "connection-flow-failed"]


def test_who_could_not_connect_is_told_as_kombo_does_and_forgotten_then(here: Place, another: Hook) -> None:
    added(here.store, here.settings, "crm", another, "connection-flow-failed")
    assert flow_failed(here, NOBODY) == 2
    assert "ada@acme.example" in everything_in(here.store)
    assert with_due(here.store) == [""]
    assert deliver(here.store, here.settings.of("")) == Delivery(delivered=2)

    [body] = another.bodies
    told = ConnectionFlowFailedWebhookPayload.model_validate_json(body)
    assert (told.data.integration_tool, told.data.integration_category) == ("lever", "ATS")
    assert (told.data.end_user.creator_email, told.data.log_url) == ("ada@acme.example", "")
    with here.store.reading("") as tx:
        assert entries(tx, 10) == []


def test_erasing_a_connection_reaches_all_that_was_or_is_to_be_told_of_it(here: Place, another: Hook) -> None:
    added(here.store, here.settings, "crm", another, "all")
    another.statuses[:] = [500]
    here.told()
    flow_failed(here, "acme")
    assert "ada@acme.example" in everything_in(here.store)

    remove_connection(here.store, "acme", erase=True)

    kept = everything_in(here.store)
    assert "ada@acme.example" not in kept
    assert "crm" in kept
    with here.store.reading("") as tx:
        assert entries(tx, 10) == []
