"""Keys and tokens are nowhere in clear: every byte that is left of syncs, ticks and actions is searched."""

import base64
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.sandbox.oauth import OAuthConfig
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.urls import database_url, sqlite_file
from lever_assets_tests.connect.connecting import connected, settings_of, tokens
from lever_assets_tests.orchestration.many import Many

KEY, CLIENT_SECRET = "key-that-nobody-may-see", "client-secret-that-nobody-may-see"
GIVEN = ("database_url", "auth_url", "oauth_client_id", "oauth_client_secret")
WRITING = ("users:read:admin", "stages:read:admin", "opportunities:read:admin", "opportunities:write:admin")


def dump(url: str) -> str:
    """All that a database holds, as text."""
    file = sqlite_file(database_url(url))
    if file is not None:
        with closing(sqlite3.connect(file)) as conn:
            return "\n".join(conn.iterdump())
    held: list[str] = []
    with psycopg.connect(url.replace("+psycopg", "")) as server:
        tables = server.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        ).fetchall()
        for (table,) in tables:
            query = sql.SQL("SELECT each::text FROM {} each").format(sql.Identifier(table))
            held += [row for (row,) in server.execute(query)]
    return "\n".join(held)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_secret_is_left_anywhere(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    oauth = OAuthConfig(client_secret=CLIENT_SECRET)
    with running_sandbox(SandboxConfig(opportunities=6, rate=0, key=KEY, oauth=oauth)) as lever:
        url = str(request.getfixturevalue(f"{kind}_database"))
        data, storage = tmp_path / "data", tmp_path / "dagster"
        storage.mkdir()
        settings = settings_of(lever, data, url)
        given = {name: getattr(settings, name) for name in GIVEN}
        many = Many(data, dg.DagsterInstance.local_temp(str(storage)), given=given)
        many.connect("by_key", lever)
        secrets = {KEY, CLIENT_SECRET}
        with closing(Store.open(url)) as store:
            connected(store, settings, "by_oauth", WRITING)
            secrets |= _of(store, settings)
            lever.end_access_tokens()
            definitions = many.definitions()
            for name in ("by_key", "by_oauth"):
                assert many.run(definitions, f"{name}_full_sync").success
            many.tick(definitions)
            _act(many, "by_oauth")
            lever.revoke_tokens()
            many.tick(definitions)  # what fails tells no more
            secrets |= _of(store, settings)

    assert len(secrets) == 6  # tokens before and after a renewal
    _search(tmp_path, secrets)
    held = dump(url)
    assert "by_oauth" in held
    assert not shown_in(held.encode(), secrets)


def _of(store: Store, settings: Settings) -> set[str]:
    """The pair of tokens that is stored now."""
    grant = tokens(store, settings, "by_oauth").grant()
    assert grant is not None
    assert isinstance(grant.refresh_token, SecretStr)
    return {grant.access_token.get_secret_value(), grant.refresh_token.get_secret_value()}


def _act(many: Many, name: str) -> None:
    config = {"connection": name, "candidate_id": "1" * 24, "tag": {"name": "x"}}
    many.run(many.definitions(), "add_candidate_tag_job", {"ops": {"add_candidate_tag": {"config": config}}})


def _search(folder: Path, secrets: set[str]) -> None:
    """Look into every file below a folder, Dagster's storage and the data folder among them."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    assert {"secret.key", "runs.db"} <= {each.name for each in files}
    for each in files:
        assert not shown_in(each.read_bytes(), secrets), each


def shown_in(content: bytes, secrets: set[str]) -> list[str]:
    """Return which secrets stand in a content, in clear or in base64 with whatever is around them."""
    return [each for each in sorted(secrets) if any(form.encode() in content for form in forms(each))]


def forms(secret: str) -> Iterator[str]:
    """Yield how a secret may stand there: as it is, and what of its base64 no neighbour changes."""
    yield secret
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret.encode()).decode().rstrip("=")
        whole = (before + len(secret)) % 3 == 0
        own = encoded[(0, 2, 3)[before] : None if whole else -1]
        yield from {own, own.translate(str.maketrans("+/", "-_"))}


@pytest.mark.parametrize("before", ["", "a", "id:", "user"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_in_base64_is_found(before: str, encode: Callable[[bytes], bytes]) -> None:
    sent = f"{before}{KEY}:".encode()

    assert shown_in(b"Authorization: Basic " + encode(sent), {KEY, CLIENT_SECRET}) == [KEY]
    assert shown_in(b"Authorization: Basic " + encode(sent.replace(b"key", b"???")), {KEY}) == []
