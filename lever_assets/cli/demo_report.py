"""What the demo tells: what landed, what can be asked of it, what to do next."""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from shlex import quote
from typing import Self

import dagster as dg
import typer
from sqlalchemy import text

from lever_assets.cli import output
from lever_assets.cli.typed import made_by, typed
from lever_assets.insight.finishing import bring_up_marts
from lever_assets.insight.report.writing import write_report
from lever_assets.lever.wording import counted
from lever_assets.settings import Settings, checkout
from lever_assets.store import Store
from lever_assets.store.transaction import now
from lever_assets.sync.session import Session
from lever_assets.unified.catalogue import BY_NAME

QUERIES = (
    (
        "Where the candidates of open jobs stand",
        """\
SELECT jobs.name AS job, stages.name AS stage, COUNT(*) AS candidates
FROM applications
JOIN jobs ON jobs.id = applications.job_id
JOIN application_stages AS stages ON stages.id = applications.current_stage_id
WHERE jobs.status = 'OPEN' AND applications.outcome = 'PENDING' AND applications.remote_deleted_at IS NULL
GROUP BY jobs.id, jobs.name, stages.name, stages.global_index
ORDER BY candidates DESC, job, stages.global_index LIMIT 5""",
    ),
    (
        "Why applications were declined",
        """\
SELECT rejection_reason_name AS reason, COUNT(*) AS applications
FROM applications WHERE outcome = 'DECLINED' AND rejection_reason_name IS NOT NULL
GROUP BY rejection_reason_name ORDER BY applications DESC, reason LIMIT 5""",
    ),
    (
        "Who interviews most",
        """\
SELECT users.first_name || ' ' || users.last_name AS interviewer, COUNT(*) AS interviews
FROM interviewing_team_members AS members
JOIN users ON users.id = members.user_id
GROUP BY users.id, interviewer ORDER BY interviews DESC, interviewer LIMIT 5""",
    ),
)

_QUESTION = "SELECT name, status FROM jobs LIMIT 5"


@dataclass(frozen=True)
class TableCount:
    """What a run left in the table of a model, and what it did there."""

    table: str
    rows: int
    new: int
    changed: int
    gone: int


@dataclass(frozen=True)
class Hints:
    """What to do next, in words that can be copied where the demo was called."""

    command: str
    see_it: str
    learn: str

    @classmethod
    def here(cls) -> Self:
        """Return the hints for the working directory, as it is now."""
        command, root = typed(), checkout()
        learn = f"{command} --help"
        if root is not None:
            docs = Path("docs") if root == Path.cwd() else root / "docs"
            learn = f"{docs / 'configuration.md'}; all tables: {docs / 'tables.md'}"
        return cls(command, f"{command} demo --ui{made_by('demo-ui')}", learn)

    def next_steps(self, settings: Settings, *, opens_ui: bool = False) -> str:
        """Return what can be done after the demo's run; `opens_ui`: Dagster's UI is opened by itself then."""
        see_it = "" if opens_ui else f"\n  see it in Dagster      {self.see_it}"
        return f"""
The tables are in {_tables(settings)} (SQLite). What to do next:{see_it}
  ask it in SQL          {self._asking(settings)}
  sync your own account  export LEVER_API_KEY=...; {self.command} plan; {self.command} sync
  all settings           {self.learn}"""

    def _asking(self, settings: Settings) -> str:
        database = quote(f"sqlite:///{_tables(settings)}")
        return f"LEVER_DATABASE_URL={database} {self.command} sql {quote(_QUESTION)}"

    def goodbye(self, settings: Settings) -> str:
        """Return what is said when the demo's UI was ended."""
        return (
            f"\nGoodbye: Dagster and the made-up account have ended. The tables stay in {_tables(settings)}; "
            f"{self.command} demo --ui goes on with them."
        )


def _tables(settings: Settings) -> Path:
    return settings.data_dir / "lever.db"


def show(
    settings: Settings, result: dg.JobExecutionResult, requests: int, hints: Hints, *, opens_ui: bool
) -> None:
    """Write the summary of the demo's run to standard output; `opens_ui` as for `Hints.next_steps`."""
    landed = list(_landed(result))
    output.table("\nWhat landed", ("table", "rows", "new", "changed", "gone"), map(astuple, landed))
    typer.echo(f"\n{news(landed)}")
    _show_queries(settings)
    checks = result.get_asset_check_evaluations()
    passed = sum(each.passed for each in checks)
    typer.echo(f"\n{counted(requests, 'request')} to Lever. {passed} of {len(checks)} checks passed.")
    typer.echo(hints.next_steps(settings, opens_ui=opens_ui))


def write_page(settings: Settings, page: Path) -> None:
    """Write the report of the demo's account."""
    with Session.open(settings) as session:
        bring_up_marts(session)
        write_report(session, page, now())


def _landed(result: dg.JobExecutionResult) -> Iterator[TableCount]:
    """Yield the models in their order; a model's events, one for each window, all tell the same."""
    told = {
        event.asset_key.path[-1]: event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }
    for name in filter(told.__contains__, BY_NAME):
        counts = [_number(told[name][key]) for key in ("dagster/row_count", "inserted", "updated", "deleted")]
        yield TableCount(name, *counts)


def _number(told: dg.MetadataValue) -> int:
    return told.value if isinstance(told.value, int) else 0


def news(landed: Iterable[TableCount]) -> str:
    """Return in a sentence what a run changed."""
    counts = list(landed)
    rows, new = sum(each.rows for each in counts), sum(each.new for each in counts)
    changed, gone = sum(each.changed for each in counts), sum(each.gone for each in counts)
    if not (new or changed or gone):
        return f"Nothing is new since the last demo: all {rows:,} rows stood there already."
    if new == rows:
        return f"All {rows:,} rows are new."
    return f"Since the last demo {new:,} rows are new, {changed:,} changed and {gone:,} are gone."


def _show_queries(settings: Settings) -> None:
    store = Store.open(settings.tables_url)
    try:
        with store.reading(settings.connection) as tx:
            for title, sql in QUERIES:
                answer = tx.sql.execute(text(sql))
                typer.echo(f"\n{title}:\n\n{_indented(sql)}\n")
                output.table("", list(answer.keys()), [tuple(row) for row in answer])
    finally:
        store.close()


def _indented(sql: str) -> str:
    return "\n".join(f"    {line}" for line in sql.splitlines())
