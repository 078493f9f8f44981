"""`demo`: a made-up account, synced through Dagster into a database of its own."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lever_assets.cli import output
from lever_assets.cli.errors import CommandError

if TYPE_CHECKING:
    import dagster as dg

    from lever_assets.settings import Settings

_INSTANCE = """\
# The Dagster instance of the demo.
concurrency:
  pools:
    granularity: run
    default_limit: 1
run_monitoring:
  enabled: true
telemetry:
  enabled: false
nux:
  enabled: false
"""

_QUERIES = (
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
FROM applications WHERE outcome = 'DECLINED'
GROUP BY rejection_reason_name ORDER BY applications DESC LIMIT 5""",
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


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    *,
    opportunities: Annotated[int, typer.Option(min=1, help="Size of the made-up account.")] = 150,
    seed: Annotated[int, typer.Option(help="The same seed gives the same account.")] = 1,
    ui: Annotated[bool, typer.Option("--ui", help="Then open Dagster on it, until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of Dagster's UI.")] = 3000,
) -> None:
    """Sync a made-up account.

    It lands in a database of its own; shows what landed and what to do next.
    """
    from lever_assets.sandbox import SandboxConfig, running_sandbox  # noqa: PLC0415
    from lever_assets.settings import Settings  # noqa: PLC0415 - a command imports what it needs

    folder = _folder(Settings.load().data_dir / "demo", f"{opportunities} {seed}")
    config = SandboxConfig(opportunities=opportunities, seed=seed, db=folder / "sandbox.db", rate=0)
    with running_sandbox(config) as sandbox:
        environment = _environment(folder, sandbox.url, sandbox.key)
        with _only(environment):
            settings = Settings.load()
            typer.echo(f"A made-up Lever account of {opportunities:,} candidates is served at {sandbox.url}.")
            result = _materialize(settings)
            _show(settings, result, sandbox.requests().total)
            if ui:
                _open_dagster(environment, port)


def _folder(folder: Path, account: str) -> Path:
    """Return the demo's folder, emptied if it held another made-up account."""
    note = folder / "account"
    with suppress(OSError):
        if note.read_text() != account:
            shutil.rmtree(folder)
    try:
        (folder / "dagster").mkdir(parents=True, exist_ok=True)
        (folder / "dagster" / "dagster.yaml").write_text(_INSTANCE)
        note.write_text(account)
    except OSError as error:
        raise CommandError(f"{folder} can't be written ({error.strerror}): set LEVER_DATA_DIR") from None
    return folder


def _environment(folder: Path, url: str, key: str) -> dict[str, str]:
    return {
        "LEVER_API_KEY": key,
        "LEVER_BASE_URL": url,
        "LEVER_DATA_DIR": str(folder.resolve()),
        "LEVER_RATE_LIMIT": "0",
        "LEVER_SYNC_WINDOW": "monthly",
        "DAGSTER_HOME": str((folder / "dagster").resolve()),
    }


@contextmanager
def _only(environment: dict[str, str]) -> Iterator[None]:
    """Hide the user's own settings, those of an `.env` file included: a demo never touches real data."""
    before, here = dict(os.environ), Path.cwd()
    for name in [name for name in before if name.startswith(("LEVER_", "DAGSTER_"))]:
        del os.environ[name]
    os.environ.update(environment)
    os.chdir(environment["LEVER_DATA_DIR"])
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)


def _materialize(settings: "Settings") -> "dg.ExecuteInProcessResult":
    import dagster as dg  # noqa: PLC0415

    from lever_assets.definitions import build  # noqa: PLC0415

    with output.following() as say, dg.DagsterInstance.get() as instance:
        say("Syncing it through Dagster …")
        job = build(settings).resolve_job_def(f"{settings.connection}_full_sync")
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        result = job.execute_in_process(instance=instance, run_config=quiet, raise_on_error=False)
    if not result.success:
        failed = [event for event in result.all_events if event.is_step_failure]
        told = failed[0].step_failure_data.user_failure_data if failed else None
        why = told.description if told and told.description else "see the run in Dagster's UI"
        raise CommandError(f"the demo's sync failed: {why}")
    return result


def _show(settings: "Settings", result: "dg.ExecuteInProcessResult", requests: int) -> None:
    from sqlalchemy import text  # noqa: PLC0415

    from lever_assets.store import Store, reads  # noqa: PLC0415

    store = Store.open(settings.tables_url)
    try:
        with store.reading() as conn:
            counted = reads.counts(conn, settings.connection)
            answers = [(title, sql, conn.execute(text(sql))) for title, sql in _QUERIES]
            output.table("\nWhat landed", ("table", "rows"), ((each.table, each.live) for each in counted))
            for title, sql, answer in answers:
                typer.echo(f"\n{title}:\n\n{_indented(sql)}\n")
                output.table("", list(answer.keys()), [tuple(row) for row in answer])
    finally:
        store.close()
    checks = result.get_asset_check_evaluations()
    passed = sum(each.passed for each in checks)
    typer.echo(f"\n{requests:,} requests to Lever. {passed} of {len(checks)} checks passed.")
    typer.echo(_next_steps(settings))


def _indented(sql: str) -> str:
    return "\n".join(f"    {line}" for line in sql.splitlines())


def _next_steps(settings: "Settings") -> str:
    return f"""
The tables are in {settings.data_dir / "lever.db"} (SQLite). What to do next:
  see it in Dagster      lever-assets demo --ui   (or: make demo-ui)
  sync your own account  export LEVER_API_KEY=...; lever-assets plan; lever-assets sync
  all settings           docs/configuration.md; all tables: docs/tables.md"""


def _open_dagster(environment: dict[str, str], port: int) -> None:
    command = [sys.executable, "-m", "dagster", "dev", "-m", "lever_assets.definitions", "-p", str(port)]
    typer.echo(
        f"\nDagster opens at http://127.0.0.1:{port} in a few seconds. Ctrl-C ends it, and the account.\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    process = subprocess.Popen(command, env={**kept, **environment})  # noqa: S603 - our own words
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        return
    raise CommandError(
        f"Dagster ended by itself (exit code {code}); is port {port} taken? Give another --port"
    )
