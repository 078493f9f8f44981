"""How much room Dagster's storage takes; told without Dagster, whose import takes seconds.

Where it is, dagster.yaml says: folders (`base_dir`), or a PostgreSQL database. Without, it is in the home.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from lever_assets.orchestration.home import CONFIGURATION, MADE_BY_DAGSTER, found_home
from lever_assets.settings import Settings
from lever_assets.store import Store, StoreError
from lever_assets.store.sizes import size_of_tables

_TABLES = (
    "alembic_version",
    "asset_check_executions",
    "asset_daemon_asset_evaluations",
    "asset_event_tags",
    "asset_keys",
    "backfill_tags",
    "bulk_actions",
    "concurrency_limits",
    "concurrency_slots",
    "daemon_heartbeats",
    "dynamic_partitions",
    "event_logs",
    "instance_info",
    "instigators",
    "job_ticks",
    "kvs",
    "pending_steps",
    "run_tags",
    "runs",
    "secondary_indexes",
    "snapshots",
)
"""What Dagster 1.13 makes in PostgreSQL; its `jobs`, which nothing writes to, may be our table."""
_PATIENCE = {"connect_timeout": "2"}
"""Seconds that Dagster's database has to answer: its size is worth no more (libpq takes 2 at least)."""


def dagster_size(settings: Settings) -> int | None:
    """Return the bytes of Dagster's storage; None: Dagster was not used here, or we can't look at it."""
    try:
        home = found_home(settings)
        if home is None or not home.is_dir():
            return None
        given = [*_blocks(_configuration(home))]
        folders = [home / name for name in MADE_BY_DAGSTER]
        folders += [home / each for each in (_text(block.get("base_dir")) for block in given) if each]
        urls = {url for block in given if (url := _postgresql(block))}
        return sum(map(_size_in, sorted(urls))) + sum(map(_bytes, _files(folders)))
    except (
        ArgumentError,
        OSError,
        StoreError,
        ValueError,
    ):  # somebody else's home, a database that is away
        return None


def relative_folders(home: Path) -> list[Path]:
    """Return the folders that a home's configuration names from where Dagster is started."""
    named = (_text(block.get("base_dir")) for block in _blocks(_configuration(home)))
    return [Path(each) for each in named if each and not Path(each).is_absolute()]


def _configuration(home: Path) -> Any:
    try:
        text = (home / CONFIGURATION).read_text("utf-8")
    except (OSError, UnicodeDecodeError):  # Dagster itself says what is wrong with it
        return None
    import yaml  # noqa: PLC0415 - a sync looks here once a day, and starts without it

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:  # as above
        return None


def _blocks(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every mapping in a configuration, however deep."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _blocks(each)


def _text(value: Any) -> str | None:
    """Return a value of Dagster's: a text, or that of the environment variable which `env` names."""
    if isinstance(value, dict):
        return os.environ.get(str(value.get("env")))
    return None if value is None else str(value)


def _files(folders: list[Path]) -> Iterator[Path]:
    """Yield the files in some folders, each once, though one be inside another."""
    roots = {each.resolve() for each in folders}
    for root in roots:
        if not roots & {*root.parents}:
            yield from (Path(folder, name) for folder, _, names in os.walk(root) for name in names)


def _bytes(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:  # Dagster has deleted it meanwhile
        return 0


def _postgresql(block: Mapping[str, Any]) -> str | None:
    """Return the URL of a database that a block names, as `postgres_url` or in parts as `postgres_db`."""
    url, parts = _text(block.get("postgres_url")), block.get("postgres_db")
    if url or not isinstance(parts, dict):
        return url
    user, password, host, name = (
        _text(parts.get(each)) for each in ("username", "password", "hostname", "db_name")
    )
    port = int(_text(parts.get("port")) or 5432)
    return URL.create("postgresql", user, password, host, port, name).render_as_string(hide_password=False)


def _size_in(url: str) -> int:
    where = make_url(url).update_query_dict(_PATIENCE | dict(make_url(url).query))
    asked = where.render_as_string(hide_password=False)
    with closing(Store.open(asked, migrate=False)) as store, store.reading("") as tx:
        return size_of_tables(tx.sql, _TABLES)
