"""Takes the lock for one sync at a time from whoever holds it, as an administrator or an accident does."""

from pathlib import Path

from sqlalchemy import text

from lever_assets.store import Store


def lose_lock(url: str) -> None:
    """End the sessions that hold an advisory lock in this database (PostgreSQL), or remove the lock files."""
    store = Store.open(url, migrate=False)
    database = str(store.engine.url.database)
    if store.engine.dialect.name == "sqlite":
        files = list(Path(database).parent.glob(f"{Path(database).name}.*.lock"))
        for file in files:
            file.unlink()
        found = len(files)
    else:
        with store.engine.connect() as conn:
            found = conn.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database"
                    " WHERE locktype = 'advisory' AND datname = :name"
                ),
                {"name": database},
            ).rowcount
    store.close()
    assert found, "nobody held it"
