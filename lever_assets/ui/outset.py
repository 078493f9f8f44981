"""What is seen to before Dagster starts: its home, its folders, and what commands did while it was away."""

import os
from contextlib import ExitStack
from pathlib import Path

import dagster as dg

from lever_assets import private
from lever_assets.orchestration.runless import tell_of_all
from lever_assets.settings import Settings
from lever_assets.ui.home import dagster_home, folders_of
from lever_assets.ui.listening import UiError
from lever_assets.ui.log import LOG


def begun(settings: Settings, stack: ExitStack) -> dg.DagsterInstance:
    """Return Dagster's instance, open until `stack` is closed, with all that it was to be told.

    Its home is in the environment then, for the processes that follow. Raises UiError if it can't be used.
    """
    home = dagster_home(settings)
    # What Dagster's processes are told: their home, and that a code server logs its own errors, in short.
    os.environ.update(DAGSTER_HOME=str(home), DAGSTER_IS_DEV_CLI="1", DAGSTER_verbose="")
    instance = _opened(home, stack)
    for folder in (settings.data_dir, *folders_of(instance, home)):
        private.close_to_others(folder)
    if settings.report_to_dagster:
        for doubt in tell_of_all(instance, settings, home):
            LOG.warning(doubt)
    return instance


def _opened(home: Path, stack: ExitStack) -> dg.DagsterInstance:
    try:
        return stack.enter_context(dg.DagsterInstance.get())
    except Exception as error:
        why = " ".join(str(error).split())
        raise UiError(f"Dagster can't use its home {home} ({why}): see DAGSTER_HOME") from error
