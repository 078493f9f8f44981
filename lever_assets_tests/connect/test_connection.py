"""A connection comes from the settings and never shows its key."""

import asyncio
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from lever_assets.connect.account import Account
from lever_assets.connect.errors import NotConnectedError
from lever_assets.settings import Settings, SettingsError


def _settings(folder: Path, key: str | None) -> Settings:
    return Settings(api_key=None if key is None else SecretStr(key), data_dir=folder, rate_limit=5)


def test_the_key_shows_nowhere(tmp_path: Path) -> None:
    settings = _settings(tmp_path, "very-secret")
    connection = Account.default(settings)
    client = connection.client(settings)

    assert "very-secret" not in repr((settings, connection, client))
    assert all("very-secret" not in str(path) for path in tmp_path.rglob("*"))


def test_both_allowances_of_a_key_are_in_postgresql_and_do_not_tell_it(
    tmp_path: Path, postgresql_database: str
) -> None:
    settings = _settings(tmp_path, "very-secret").model_copy(
        update={"database_url": SecretStr(postgresql_database)}
    )
    writer = Account.default(settings).client(settings)
    assert writer._apply_limiter is not None
    for limiter in (writer._limiter, writer._apply_limiter):
        asyncio.run(limiter.acquire())  # one connection serves all event loops

    with psycopg.connect(postgresql_database) as conn:
        names = sorted(row[0] for row in conn.execute("SELECT name FROM allowances"))
    assert [len(name) for name in names] == [24, len("0" * 24 + ".apply")]
    assert names[1] == f"{names[0]}.apply"
    assert set(names[0]) <= set("0123456789abcdef")
    assert not list(tmp_path.rglob("*.pace"))


def test_without_a_key_there_is_no_client(tmp_path: Path) -> None:
    settings = _settings(tmp_path, None)

    with pytest.raises(NotConnectedError, match="LEVER_API_KEY"):
        Account.default(settings).client(settings)


def test_a_blank_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_API_KEY", " ")
    monkeypatch.setenv("LEVER_SYNC_WINDOW", "")

    settings = Settings.load()

    assert settings.api_key is None
    assert settings.sync_window == "weekly"


@pytest.mark.parametrize(
    ("name", "value"),
    [("LEVER_SYNC_WINDOW", "yearly"), ("LEVER_SYNC_START", "soon"), ("LEVER_RATE_LIMIT", "-1")],
)
def test_a_setting_that_can_not_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=name):
        Settings.load()


@pytest.mark.parametrize("words", ["sync", "sync --accept-deletions", "webhooks setup"])
def test_a_command_names_a_connection_that_was_made_and_not_the_environments_own(words: str) -> None:
    own = Account(name="lever", named_at_first="lever", base_url="")
    made = Account(name="acme", named_at_first="acme", base_url="", is_stored=True)

    assert own.command(words) == f"`lever-assets {words}`"
    assert made.command(words) == f"`lever-assets {words} --connection acme`"
