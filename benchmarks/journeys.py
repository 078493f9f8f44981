"""How much of the project a reader meets on two journeys, and how often a sync that finds nothing asks.

Counted with Python's profiler, over the project's own files but for the sandbox: which are entered, how many
functions, and how often one file calls into another (hand-overs).
"""

import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import dagster as dg
from pydantic import SecretStr
from sqlalchemy import event
from sqlalchemy.engine import Engine

import lever_assets
from benchmarks.figures import figure, heading
from lever_assets.definitions import build
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.sync.resuming import Run
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session

_HERE = str(Path(lever_assets.__file__).parent) + "/"
_APART = _HERE + "sandbox/"
_DELTA = Scope(delta=True)
_FEW = 8


@dataclass
class Journey:
    """What was met on the way: from the call that `begins` it, to the one at which it `ends`."""

    begins: Callable[[FrameType], bool] = lambda _frame: True
    ends: Callable[[], bool] = lambda: False
    files: dict[str, None] = field(default_factory=dict)
    functions: set[tuple[str, str]] = field(default_factory=set)
    hand_overs: int = 0
    begun: bool = False
    ended: bool = False

    def met(self, frame: FrameType, what: str, _argument: Any) -> None:
        """Take note of a call; the profiler calls it."""
        if what != "call" or self.ended:
            return
        file = frame.f_code.co_filename
        if not file.startswith(_HERE) or file.startswith(_APART):
            return
        self.begun = self.begun or self.begins(frame)
        self.ended = self.ends()
        if self.ended or not self.begun:
            return
        self.files[file.removeprefix(_HERE)] = None
        self.functions.add((file, frame.f_code.co_qualname))
        caller = _caller(frame)
        self.hand_overs += caller is not None and caller != file

    def tell(self, name: str) -> None:
        """Print what was met."""
        print(f"  {name}")
        figure("files", len(self.files))
        figure("functions", len(self.functions))
        figure("hand-overs between files", self.hand_overs)


def _caller(frame: FrameType) -> str | None:
    """Return the file of the project that the call comes from, through whichever libraries."""
    above = frame.f_back
    while above is not None:
        file = above.f_code.co_filename
        if file.startswith(_HERE) and not file.startswith(_APART):
            return file
        above = above.f_back
    return None


@contextmanager
def _followed(journey: Journey) -> Iterator[None]:
    here = threading.get_ident()

    def follow(frame: FrameType, what: str, argument: Any) -> None:
        if threading.get_ident() == here:
            journey.met(frame, what, argument)

    sys.setprofile(follow)
    try:
        yield
    finally:
        sys.setprofile(None)


def _settings(lever: Sandbox, folder: str) -> Settings:
    return Settings(
        api_key=SecretStr(lever.key),
        base_url=lever.url,
        data_dir=Path(folder),
        rate_limit=0,
        sync_start=datetime.now(UTC).date() - timedelta(days=8),
    )


def run(*, names: bool = False) -> None:
    """Print the figures; `names`: with the files that are met, in their order."""
    heading("Journeys through the project")
    config = SandboxConfig(opportunities=_FEW, seed=7, rate=0)
    with tempfile.TemporaryDirectory() as folder, running_sandbox(config) as lever:
        settings = _settings(lever, folder)
        with Session.open(settings) as session:
            sync(session, Scope())
            sync(session, _DELTA)
        row = _one_opportunity(lever, settings)
        request = _partition(lever, settings)
        row.tell("one opportunity that changed: from its page to its row in applications")
        _list(row, wanted=names)
        request.tell("a partition in Dagster: from the run to the first GET /opportunities")
        _list(request, wanted=names)
        _nothing(settings)


def _list(journey: Journey, *, wanted: bool) -> None:
    for name in journey.files if wanted else ():
        print(f"      {name}")


def _one_opportunity(lever: Sandbox, settings: Settings) -> Journey:
    lever.touch(share=1 / _FEW, seed=1)
    found = Journey(begins=_a_page_has_come)
    with Session.open(settings) as session, _followed(found):
        sync(session, _DELTA, run=Run.of("opportunities"), models=["applications"])
    return found


def _a_page_has_come(frame: FrameType) -> bool:
    """Tell whether a page of Lever's list is handed over that has a record."""
    return frame.f_code.co_name == "_take" and bool(getattr(frame.f_locals.get("page"), "records", None))


def _partition(lever: Sandbox, settings: Settings) -> Journey:
    job = build(settings).resolve_job_def("lever_sync")
    assert job.partitions_def is not None
    window = job.partitions_def.get_partition_keys()[-1]
    asset = dg.AssetKey([settings.connection, "raw_opportunities"])
    before = lever.requests().of("/opportunities")
    found = Journey(ends=lambda: lever.requests().of("/opportunities") > before)
    with dg.DagsterInstance.ephemeral() as instance, _followed(found):
        job.execute_in_process(instance=instance, partition_key=window, asset_selection=[asset])
    return found


def _nothing(settings: Settings) -> None:
    asked = {"transactions": 0, "statements": 0, "look-ups of checkpoints": 0}

    def count(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked["statements"] += 1
        asked["transactions"] += statement.startswith("BEGIN")
        asked["look-ups of checkpoints"] += statement.startswith("SELECT sync_state")

    with Session.open(settings) as session:
        sync(session, _DELTA)
        event.listen(Engine, "before_cursor_execute", count)
        try:
            sync(session, _DELTA)
        finally:
            event.remove(Engine, "before_cursor_execute", count)
    print("  a delta in which nothing changed")
    for name, number in asked.items():
        figure(name, number)
