"""Where the demo lives: a folder, a Dagster instance and settings of its own, apart from the user's."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic_settings import BaseSettings

from lever_assets import private
from lever_assets.cli.errors import CommandError, in_words
from lever_assets.sandbox.server import LAYOUT
from lever_assets.settings import Settings
from lever_assets.ui.home import configuration

DAYS = 365
"""So long the made-up company has recruited: the report looks back a year."""


@dataclass(frozen=True)
class DemoHome:
    """The demo's folder; `account` names the made-up account that it is for."""

    folder: Path
    account: str

    @property
    def database(self) -> Path:
        """Where the tables are."""
        return self.folder / "lever.db"

    @property
    def sandbox(self) -> Path:
        """Where the made-up account is kept."""
        return self.folder / "sandbox.db"

    @property
    def report(self) -> Path:
        """The page that shows what recruiting teams ask."""
        return self.folder / "report.html"

    @property
    def dagster(self) -> Path:
        """Dagster's home."""
        return self.folder / "dagster"

    @property
    def opened(self) -> datetime | None:
        """When the account that is kept was as generated (UTC); None: there is none, or another one."""
        if not self._note.exists():
            return None
        account, _, opened = self._note.read_text().partition("\n")
        try:
            return datetime.fromisoformat(opened) if account == self.account else None
        except ValueError:
            return None

    @property
    def _note(self) -> Path:
        return self.folder / "account"

    def prepare(self) -> None:
        """Make the folder ready; what is there of another account, or of a half-made one, goes."""
        private.make_folder(self.folder)
        if self.opened is None:
            self._empty()
        private.make_folder(self.dagster)
        private.write(self.dagster / "dagster.yaml", configuration(self.dagster))

    def _empty(self) -> None:
        """Remove what the demo made, and nothing else."""
        self._note.unlink(missing_ok=True)
        for name in ("lever.db*", "sandbox.db*", self.report.name):
            for path in self.folder.glob(name):
                path.unlink()
        if self.dagster.exists():
            shutil.rmtree(self.dagster)

    def account_is_made(self, opened: datetime) -> None:
        """Note that the account is whole, so that the next demo goes on with it; `opened` as above."""
        private.write(self._note, f"{self.account}\n{opened.isoformat()}")

    def environment(self, url: str, key: str, today: date) -> dict[str, str]:
        """Return the variables that lead everything to the demo's account, database and Dagster instance.

        Four windows are enough to see, and Dagster spends about 26 ms on each window of each asset.
        """
        start = (today.replace(day=1) - timedelta(days=80)).replace(day=1)
        return {
            "LEVER_API_KEY": key,
            "LEVER_BASE_URL": url,
            "LEVER_DATA_DIR": str(self.folder),
            "LEVER_RATE_LIMIT": "0",
            "LEVER_SYNC_WINDOW": "monthly",
            "LEVER_SYNC_START": start.isoformat(),
            "DAGSTER_HOME": str(self.dagster),
            # The account is on this machine, wherever a proxy leads.
            "NO_PROXY": ",".join(filter(None, ["127.0.0.1", os.environ.get("NO_PROXY")])),
            "no_proxy": ",".join(filter(None, ["127.0.0.1", os.environ.get("no_proxy")])),
        }


@contextmanager
def occupied(opportunities: int, seed: int) -> Iterator[DemoHome]:
    """Have the demo's folder for oneself, ready for this account; raises CommandError."""
    data = _data_folder()
    home = DemoHome(data / "demo", f"{LAYOUT} {opportunities} {seed}")
    lock = FileLock(home.folder / "demo.lock", mode=private.FILE, thread_local=False)
    try:
        private.make_folder(home.folder)
        private.close_to_others(data)
        lock.acquire(timeout=0)
    except Timeout:
        raise CommandError(f"a demo is under way in {home.folder}: end it, or set LEVER_DATA_DIR") from None
    except OSError as error:
        raise _unwritable(home, error) from None
    try:
        try:
            home.prepare()
        except OSError as error:
            raise _unwritable(home, error) from None
        yield home
    finally:
        lock.release()


def _unwritable(home: DemoHome, error: OSError) -> CommandError:
    return CommandError(f"{home.folder} can't be written ({in_words(error)}): set LEVER_DATA_DIR")


class _Place(BaseSettings):
    """The one of the user's settings that counts for the demo; no other one, right or wrong, is read."""

    model_config = Settings.model_config

    data_dir: Path | None = None


def _data_folder() -> Path:
    default = Settings.model_fields["data_dir"].get_default(call_default_factory=True)
    return Path(_Place().data_dir or default).resolve()


@contextmanager
def only(environment: dict[str, str]) -> Iterator[Settings]:
    """Hide the user's own settings, those of an `.env` file included: a demo never touches real data."""
    before, here = dict(os.environ), Path.cwd()
    for name in [name for name in before if name.startswith(("LEVER_", "DAGSTER_"))]:
        del os.environ[name]
    os.environ.update(environment)
    os.chdir(environment["LEVER_DATA_DIR"])
    try:
        yield Settings.load()
    finally:
        with suppress(OSError):
            os.chdir(here)
        os.environ.clear()
        os.environ.update(before)


def a_year_ago() -> datetime:
    """Return when a company has opened that has recruited for `DAYS` by now (UTC)."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=DAYS)


def today() -> date:
    """Return the present day (UTC)."""
    return datetime.now(UTC).date()
