"""What the tests' own PostgreSQL database is like after a test: as before it, whatever the test did."""

import psycopg
import pytest

from lever_assets_tests.conftest import Reused

CHANGES = (
    "ALTER TABLE users DROP COLUMN left_out",
    "ALTER TABLE users ADD COLUMN more text",
    "ALTER TABLE users ALTER COLUMN source_key DROP NOT NULL",
    "DROP TABLE drift",
    "CREATE TABLE more (id text)",
    "CREATE INDEX more ON users (source_key)",
    "CREATE VIEW more AS SELECT * FROM users",
    "CREATE SCHEMA more",
    "GRANT SELECT ON users TO public",
    "ALTER DATABASE lever SET timezone = 'Asia/Tokyo'",
    "UPDATE schema_version SET version = version - 1",
)


def asked(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as conn:
        cursor = conn.execute(question.encode())
        return cursor.fetchall() if cursor.description else None


def test_a_database_that_was_only_filled_is_emptied(reused_postgresql_database: Reused) -> None:
    before = asked(reused_postgresql_database.new(), "SELECT oid FROM pg_database WHERE datname = 'lever'")
    filling = (
        "INSERT INTO sync_state (connection, key, value, updated_at) VALUES ('lever', 'key', '1', now())"
    )
    asked(reused_postgresql_database.new(), filling)
    left_open = psycopg.connect(reused_postgresql_database.new())
    left_open.execute("LOCK TABLE sync_state")
    reused_postgresql_database.give_back()

    url = reused_postgresql_database.new()
    assert asked(url, "SELECT oid FROM pg_database WHERE datname = 'lever'") == before
    assert asked(url, "SELECT * FROM sync_state") == []
    assert asked(url, "SELECT count(*) FROM schema_version") == [(1,)]
    left_open.close()


@pytest.mark.sampled(3)
@pytest.mark.parametrize("change", CHANGES)
def test_one_that_was_changed_is_made_anew(change: str, reused_postgresql_database: Reused) -> None:
    before = asked(reused_postgresql_database.new(), "SELECT oid FROM pg_database WHERE datname = 'lever'")
    asked(reused_postgresql_database.new(), change)
    reused_postgresql_database.give_back()

    url = reused_postgresql_database.new()
    assert asked(url, "SELECT oid FROM pg_database WHERE datname = 'lever'") != before
