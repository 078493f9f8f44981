"""Access tokens that end in the midst of a sync: each end is one renewal, and no row is lost."""

import threading
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from lever_assets.policy.exclusion import Exclusion
from lever_assets.prerequisites.permissions import to_grant
from lever_assets.sandbox import OAuthConfig, Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.store.accounts import keep_account
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.connect.connecting import by_key, connected, settings_of, synced
from lever_assets_tests.meddling import Asked, Reply, meddling
from lever_assets_tests.sync.paging import Paging
from lever_assets_tests.sync.tables import unified_tables

ENDS = (5, 25, 50)
"""After so many answers all access tokens end: among the lists, among their pages, and below records."""


@dataclass
class Ending:
    """Gives short pages, and has the access tokens end at each of `ENDS`; a `Change` for a meddler."""

    sandbox: Sandbox
    answers: int = 0
    refused: int = 0
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)
    paging: Paging = field(default_factory=lambda: Paging(size=10))

    def __call__(self, asked: Asked, reply: Reply) -> Reply:
        """Return the page that is asked for, after which the tokens may have ended."""
        with self.one_at_a_time:
            self.refused += reply.status == 401
            self.answers += reply.status == 200
            if reply.status == 200 and self.answers in ENDS:
                self.sandbox.end_access_tokens()
        return self.paging(asked, reply)


@pytest.mark.parametrize("rotation", ["strict", "off"])
def test_access_tokens_that_end_in_mid_sync_are_renewed_once_each_and_all_rows_come(
    sqlite_database: str, tmp_path: Path, rotation: str
) -> None:
    config = SandboxConfig(opportunities=40, rate=0, oauth=OAuthConfig(rotation=rotation))
    with running_sandbox(config) as sandbox, meddling(sandbox.url) as between:
        settings = settings_of(sandbox, tmp_path, sqlite_database, concurrency=4)
        with closing(Store.open(settings.tables_url)) as store:
            by_key(store, settings, "beside", sandbox.key)
            synced(settings.of("beside"))
            scopes = [name for name, _ in to_grant(Exclusion.of(settings), read_only=True)]
            row = connected(store, settings, "acme", scopes)
            with store.writing("acme") as tx:  # from here on somebody stands between
                keep_account(tx, replace(row, base_url=between.url))
            before = sandbox.requests().by_endpoint["POST /oauth/token"]
            between.change = ending = Ending(sandbox)
            with Session.open(settings.of("acme")) as session:
                report = sync(session, Scope())
        renewals = sandbox.requests().by_endpoint["POST /oauth/token"] - before

    assert ending.answers > ENDS[-1]
    assert renewals == len(ENDS)
    assert ending.refused >= len(ENDS)
    assert not report.warnings
    tables = unified_tables(settings.tables_url)
    assert len(tables["applications"]) > 60
    for rows in tables.values():
        whole = {row["remote_id"] for row in rows if row["connection"] == "beside"}
        assert {row["remote_id"] for row in rows if row["connection"] == "acme"} == whole
