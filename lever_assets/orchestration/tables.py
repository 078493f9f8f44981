"""`LeverTables`: somebody's own asset gets the table that it follows as a DataFrame.

It is an IO manager that reads. Our assets are written by the sync itself, and theirs are stored elsewhere. It
is no configurable one: Dagster shows the configuration of those, nested resources included, and a database's
URL may hold a password.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import dagster as dg
import pandas as pd

from lever_assets.frames.frame import frame
from lever_assets.frames.reading import Instant
from lever_assets.lever.wording import counted
from lever_assets.orchestration.failures import in_one_sentence
from lever_assets.orchestration.names import CONNECTION_TAG, TABLE_TAG
from lever_assets.orchestration.resources import LeverDatabase
from lever_assets.settings import Settings
from lever_assets.store import QuestionError
from lever_assets.store.selecting import table_named
from lever_assets.store.transaction import now
from lever_assets.sync.windows import EVERYTHING, Bounds, covering
from lever_assets.unified.marts import BY_TABLE as MARTS

LAST_MATERIALIZATION = "last_materialization"
"""As `since` in the metadata of an input: what changed since the asset was made last."""
_KNOWN = ("columns", "where", "deleted", "since")
_OURS = "lever/"
_SAYS = (CONNECTION_TAG, TABLE_TAG)
_MARGIN = timedelta(minutes=5)
"""So long a row may have been on its way into the table when the run began that made the asset last."""


class LeverTables(dg.IOManager):
    """Gives a table to an asset whose input names this as its `input_manager_key`.

    Of an input, `metadata` may have `columns`, `where`, `deleted` and `since` as `frame` has them; `since`
    may also be "last_materialization". If the input has partitions, the rows are those of the windows that
    the run needs.

    `database` is that of `build_lever_definitions`, whose variables are read when something runs; or a
    SQLAlchemy URL in the place of LEVER_DATABASE_URL. `settings` are those in the place of the environment's;
    with a LeverDatabase neither count.
    """

    def __init__(
        self, database: LeverDatabase | str | None = None, *, settings: Settings | None = None
    ) -> None:
        self._database = database
        self._settings = settings

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """Return the rows of the table that the input is.

        Its connection and its table are what the metadata of the input says, as `lever/connection` and
        `lever/table`; else what the tags of the asset say, as those of our assets do; else the last two parts
        of its key. Raises Failure with one sentence: there is no such table, nothing was read from Lever yet.
        """
        wanted = _wanted(context)
        connection, table = _source_of(context, wanted)
        with in_one_sentence():
            found = frame(
                table,
                columns=wanted.get("columns"),
                where=wanted.get("where"),
                deleted=bool(wanted.get("deleted", False)),
                since=_since(context, wanted.get("since")),
                window=None if table in MARTS else _window(context),  # marts are of months, and come whole
                connection=connection,
                **self._place(connection),
            )
        context.log.info(f"{connection}/{table}: {counted(len(found), 'row')}.")
        return found

    def handle_output(self, context: dg.OutputContext, obj: object) -> NoReturn:  # noqa: ARG002 (signature)
        """Refuse to store: raises Failure."""
        raise dg.Failure(
            "LeverTables reads Lever's tables and stores nothing: let it be the `input_manager_key` of an "
            "input, and give the asset another IO manager.",
            allow_retries=False,
        )

    def _place(self, connection: str) -> dict[str, Any]:
        """Return where the tables are, as `frame` takes it."""
        if isinstance(self._database, LeverDatabase):
            return {"settings": self._database.to_read(connection)}
        return {"database": self._database, "settings": self._settings}


def _source_of(context: dg.InputContext, wanted: Mapping[str, Any]) -> tuple[str, str]:
    """Return the connection and the table of an input."""
    said = {**_tags(context), **wanted}
    path = context.asset_key.path if context.has_asset_key else []
    by_key = path[-2:] if len(path) > 1 else (None, None)
    connection, table = (said.get(name) or last for name, last in zip(_SAYS, by_key, strict=True))
    if connection is None or table is None or (TABLE_TAG not in said and not _is_table(table)):
        which = context.asset_key.to_user_string() if context.has_asset_key else context.name
        raise dg.Failure(
            f"LeverTables can't tell which table {which} is: name an asset of ours, or one whose key ends "
            f'with a connection and a table; or give the input metadata={{"{CONNECTION_TAG}": "lever", '
            f'"{TABLE_TAG}": "candidates"}}.',
            allow_retries=False,
        )
    return str(connection), str(table)


def _tags(context: dg.InputContext) -> Mapping[str, str]:
    """Return what the tags of the asset say that is the input: ours have them, whatever their keys."""
    if not context.has_asset_key or context.upstream_output is None:
        return {}
    try:
        return context.upstream_output.asset_spec.tags
    except dg.DagsterInvariantViolationError:  # a context that a test has built
        return {}


def _is_table(name: str) -> bool:
    try:
        table_named(name)
    except QuestionError:
        return False
    return True


def _wanted(context: dg.InputContext) -> Mapping[str, Any]:
    given = {
        name: value.value if isinstance(value, dg.MetadataValue) else value
        for name, value in (context.definition_metadata or {}).items()
    }
    unknown = [
        name
        for name in given
        if name not in (*_KNOWN, *_SAYS) and ("/" not in name or name.startswith(_OURS))
    ]
    if unknown:
        raise dg.Failure(
            f"The metadata of the input {context.name!r} has {unknown[0]!r}: LeverTables takes "
            f"{', '.join(_KNOWN)}.",
            allow_retries=False,
        )
    return given


def _window(context: dg.InputContext) -> Bounds:
    """Return what the run's windows cover, open at the ends as the sync has them."""
    if not context.has_asset_partitions:
        return EVERYTHING
    windows = context.asset_partitions_def
    if not isinstance(windows, dg.TimeWindowPartitionsDefinition):
        return EVERYTHING
    covered = context.asset_partitions_time_window
    return covering(
        covered.start.astimezone(UTC),
        covered.end.astimezone(UTC),
        first=windows.start.astimezone(UTC),
        now=now(),
    )


def _since(context: dg.InputContext, since: Any) -> Instant | None:
    return _made_last(context) if since == LAST_MATERIALIZATION else since


def _made_last(context: dg.InputContext) -> datetime | None:
    """Return from when on rows may be new to what is being made: when the run began that made it last.

    Of several assets, and of several windows, the one that is the longest behind counts. None where that is
    not known, or one was never made.
    """
    instance, keys = context.instance, context.step_context.get_output_asset_keys()
    made = [run_id for key in keys for run_id in _made_by(context, key)]
    began = [None if run_id is None else _began(instance, run_id) for run_id in dict.fromkeys(made)]
    known = [each for each in began if each is not None]
    return min(known) - _MARGIN if known and len(known) == len(began) else None


def _made_by(context: dg.InputContext, key: dg.AssetKey) -> Iterator[str | None]:
    """Yield the run that made an asset last; with windows, that of each window of this run. None: no run."""
    instance, step = context.instance, context.step_context
    windows = step.job_def.asset_layer.get(key).partitions_def
    if windows is None or not step.has_partitions:
        made = instance.get_latest_materialization_event(key)
        yield None if made is None else made.run_id
        return
    asked = step.partition_key_range
    with dg.partition_loading_context(dynamic_partitions_store=instance):
        own = [asked.start] if asked.start == asked.end else windows.get_partition_keys_in_range(asked)
    last = instance.event_log_storage.get_latest_storage_id_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION, {*own}
    )
    if any(each not in last for each in own):
        yield None
        return
    wanted = dg.AssetRecordsFilter(asset_key=key, storage_ids=[*last.values()])
    for record in instance.fetch_materializations(wanted, limit=len(last)).records:
        yield record.run_id


def _began(instance: dg.DagsterInstance, run_id: str) -> datetime | None:
    run = instance.get_run_record_by_id(run_id)
    return None if run is None or run.start_time is None else datetime.fromtimestamp(run.start_time, UTC)
