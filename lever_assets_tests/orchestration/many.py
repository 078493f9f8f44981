"""Several connections in one code location, over real sandboxes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import SecretStr

from lever_assets.connect.connections import connect_by_key, wanted_connection
from lever_assets.connect.known import API_KEY, listed
from lever_assets.connect.vault import Vault
from lever_assets.definitions import build
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.accounts import keep_account, stored_account
from lever_assets.store.secrets import Sealed, put_secret
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.orchestration.running import FIRST


@dataclass
class Many:
    """A data folder whose database has connections, and a Dagster instance; the environment has none."""

    folder: Path
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)
    cursors: dict[str, str] = field(default_factory=dict)

    def settings(self, **changes: Any) -> Settings:
        """Return the environment's settings."""
        known: dict[str, Any] = {
            "api_key": None,
            "data_dir": self.folder,
            "rate_limit": 0,
            "sync_start": FIRST,
            "watch_budget": 0,
        }
        return Settings(**{**known, **changes})

    def connect(self, name: str, sandbox: Sandbox, **own: Any) -> None:
        """Make a connection to a sandbox, with settings of its own."""
        settings = self.settings(base_url=sandbox.url)
        with self.store() as store:
            wanted = wanted_connection(store, settings, name, own=own)
            connect_by_key(store, settings, wanted, SecretStr(sandbox.key))

    def read(self, *names: str) -> None:
        """Read these accounts whole, without Dagster."""
        for name in names:
            with Session.open(self.settings().of(name)) as session:
                sync(session, Scope())

    def move(self, name: str, base_url: str) -> None:
        """Have a connection's Lever be elsewhere."""
        with self.store() as store, store.writing(name) as tx:
            row = stored_account(tx)
            assert row is not None
            keep_account(tx, replace(row, base_url=base_url))

    def spoil_key(self, name: str) -> None:
        """Have a connection's key be one that Lever does not know, as after it was revoked there."""
        with self.store() as store, store.writing(name) as tx:
            put_secret(tx, API_KEY, Sealed(Vault.of(self.settings()).seal("revoked"), {}))

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the database."""
        opened = Store.open(self.settings().tables_url)
        try:
            yield opened
        finally:
            opened.close()

    def definitions(self, **changes: Any) -> dg.Definitions:
        """Load the definitions, as a code location does."""
        settings = self.settings(**changes)
        return build(settings, listed(settings))

    def tick(self, definitions: dg.Definitions, sensor: str = "lever_delta") -> dg.SensorResult:
        """Evaluate a sensor once, from where the last tick stopped."""
        context = dg.build_sensor_context(
            instance=self.instance, definitions=definitions, cursor=self.cursors.get(sensor)
        )
        found = definitions.resolve_sensor_def(sensor)(context)
        if isinstance(found, dg.SkipReason):
            return dg.SensorResult(skip_reason=found)
        assert isinstance(found, dg.SensorResult)
        if found.cursor is not None:
            self.cursors[sensor] = found.cursor
        return found

    def run(
        self, definitions: dg.Definitions, job: str, config: Mapping[str, Any] | None = None
    ) -> dg.ExecuteInProcessResult:
        """Run a job in this process, without raising what fails."""
        resolved = definitions.resolve_job_def(job)
        return resolved.execute_in_process(instance=self.instance, run_config=config, raise_on_error=False)


def asked_for(found: dg.SensorResult) -> dict[str, dg.RunRequest]:
    """Return the runs that a tick asked for, by connection."""
    requests = list(found.run_requests or ())
    by_name = {each.tags["lever/connection"]: each for each in requests}
    assert len(by_name) == len(requests)
    return by_name


def skipped(found: dg.SensorResult) -> str:
    """Return why a tick asked for nothing."""
    assert not found.run_requests
    reason = found.skip_reason
    return (reason.skip_message if isinstance(reason, dg.SkipReason) else reason) or ""
