"""Connecting to the sandbox as a user does, without their browser and terminal."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from pydantic import JsonValue, SecretStr
from sqlalchemy import select

from lever_assets.connect.connections import EndUser, connect_by_grant, connect_by_key, wanted_connection
from lever_assets.connect.known import tokens_of
from lever_assets.connect.oauth import App, OAuthServer
from lever_assets.connect.tokens import Kept, StoredTokens
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.accounts import StoredAccount, stored_account
from lever_assets.store.tables import UNIFIED
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.sandbox.consenting import answer
from lever_assets_tests.web import WEB

READING = ("users:read:admin", "stages:read:admin", "opportunities:read:admin")


def settings_of(sandbox: Sandbox, folder: Path, database: str, **others: Any) -> Settings:
    """The settings of somebody who has an OAuth app at a sandbox, whatever the environment says."""
    config = sandbox.oauth.config
    given: dict[str, Any] = {
        "_env_file": None,
        "api_key": None,
        "base_url": sandbox.url,
        "auth_url": sandbox.auth_url,
        "oauth_client_id": config.client_id,
        "oauth_client_secret": SecretStr(config.client_secret),
        "oauth_redirect_uri": config.redirect_uri,
        "data_dir": folder,
        "database_url": SecretStr(database),
        "rate_limit": 0,
    }
    return Settings(**given, **others)


def settings_of_process(arguments: Sequence[str], **others: Any) -> Settings:
    """The same, by what a process of its own was told: URL AUTH_URL DATABASE FOLDER."""
    url, auth_url, database, folder = arguments
    return Settings(
        base_url=url,
        auth_url=auth_url,
        oauth_client_id="sandbox-client",
        oauth_client_secret=SecretStr("sandbox-secret"),
        data_dir=Path(folder),
        database_url=SecretStr(database),
        **others,
    )


def consent(url: str, decision: str = "accept", role: str = "super_admin") -> str:
    """Do as a browser: open the address, answer; returns where that leads."""
    led = answer(WEB.get(url), decision, role)
    return str(httpx.URL(led.address, params=led.fields))


def connected(store: Store, settings: Settings, name: str, scopes: Sequence[str] = READING) -> StoredAccount:
    """Connect by OAuth, consent and all."""
    wanted = wanted_connection(store, settings, name)
    app = App.of(settings)
    server = OAuthServer(app, wanted.addresses)
    asked = server.ask(scopes)
    grant = server.exchange(asked.code_in(consent(asked.url)), asked)
    return connect_by_grant(store, settings, wanted, Kept(grant, app))


def tokens(store: Store, settings: Settings, name: str) -> StoredTokens:
    """The tokens of a stored connection, as one process has them."""
    with store.reading(name) as tx:
        row = stored_account(tx)
    assert row is not None
    return tokens_of(store, settings, row)


def stages_of(settings: Settings) -> int:
    """Ask Lever for the stages as an account that the settings name; returns how many there are."""

    async def ask(session: Session) -> int:
        async with session.client() as lever:
            return len(await lever.list_all("/stages"))

    with Session.open(settings) as session:
        return asyncio.run(ask(session))


def by_key(
    store: Store, settings: Settings, name: str, key: str = "sandbox-key", **own: JsonValue
) -> StoredAccount:
    """Connect by an API key."""
    user = EndUser("Acme Inc", "it@acme.example", "42")
    wanted = wanted_connection(store, settings, name, end_user=user, own=own)
    return connect_by_key(store, settings, wanted, SecretStr(key))


def synced(settings: Settings) -> None:
    """Read the account that the settings name."""
    with Session.open(settings) as session:
        sync(session, Scope())


def ids(store: Store, model: str, name: str) -> set[str]:
    """The ids of a connection's rows."""
    table = UNIFIED[model]
    with store.reading(name) as tx:
        return set(tx.sql.execute(select(table.c.id).where(table.c.connection == name)).scalars())
