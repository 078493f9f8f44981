"""What an action answered, whole, for who started it: a file of the run's, which is erased after a day.

Dagster keeps its events until somebody deletes them, and shows them to everybody: no answer belongs there.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from lever_assets import private
from lever_assets.lever import JsonObject

KEPT = timedelta(days=1)
_NAME = "answer.json"


def keep_answer(context: dg.OpExecutionContext, envelope: JsonObject) -> Path | None:
    """Keep an answer among the run's files, for its owner alone; None if the disk does not take it."""
    erase_answers(context.instance, before=datetime.now().astimezone() - KEPT)
    folder = _folder(context.instance, context.run_id) / context.get_step_execution_context().step.key
    try:
        private.make_folder(folder)
        file = folder / _NAME
        file.unlink(missing_ok=True)  # of an attempt before
        private.write(file, json.dumps(envelope, default=str, indent=2))
    except (OSError, RecursionError):  # no room, or JSON that is too deep: the action is done all the same
        return None
    return file


def erase_answers(instance: dg.DagsterInstance, *, before: datetime) -> int:
    """Erase the answers that were kept before an instant; return how many."""
    erased = 0
    for file in _answers(Path(instance.storage_directory())):
        with suppress(OSError):  # another process was quicker
            if file.stat().st_mtime <= before.timestamp():
                file.unlink()
                erased += 1
                file.parent.rmdir()
                file.parent.parent.rmdir()
    return erased


def erase_files(instance: dg.DagsterInstance, run_id: str) -> None:
    """Erase whatever files a run has left; raises OSError if that can't be."""
    with suppress(FileNotFoundError):
        shutil.rmtree(_folder(instance, run_id))


def _answers(storage: Path) -> Iterator[Path]:
    return storage.glob(f"*/*/{_NAME}")


def _folder(instance: dg.DagsterInstance, run_id: str) -> Path:
    return Path(instance.storage_directory()) / run_id
