"""The composition root: settings -> the accounts -> Dagster's definitions.

Loading touches no network but the database's, needs no key, and closes the data folder to others. A setting
that can't be used stops it with a `SettingsError`, one sentence that names the variable.
"""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from lever_assets import private
from lever_assets.connect.known import Listed, listed
from lever_assets.orchestration.assembling import assemble
from lever_assets.orchestration.hosted import Hosted
from lever_assets.orchestration.layout import Layout
from lever_assets.settings import Settings

_LOG = logging.getLogger(__name__)


def build(settings: Settings, accounts: Listed | None = None) -> dg.Definitions:
    """Return everything that Dagster shows and runs for these accounts; None: for the one of the settings."""
    known = accounts or Listed((settings,))
    hosted = Hosted(settings, known.accounts, known.warnings, Layout(owners=settings.owners))
    # The executor is also for "Materialize" in the UI, whose runs have no job of ours.
    return assemble(hosted, executor=dg.in_process_executor)


@contextmanager
def _lasting() -> Iterator[None]:
    """Make many things that last, without Python's garbage collector looking through them again and again.

    Of the 2.2 s of CPU that a process takes to load the definitions of one account and end, 0.6 s are spared:
    0.1 s while it loads, the others at its end, since what is frozen is not collected then. Each run of
    Dagster is such a process. A code server that stays spares 0.1 s in each full collection. This is so for
    the project that stands alone: where others make definitions of ours, the collector is theirs, left alone.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


def _defs() -> dg.Definitions:
    settings = Settings.load()
    private.set_umask()  # of Dagster's process, which has loaded this to run it
    private.close_to_others(settings.data_dir)
    known = listed(settings)
    for each in known.warnings:
        _LOG.warning(each)
    with _lasting():
        made = build(settings, known)
        made.get_repository_def()  # which Dagster does next, and keeps
    return made


defs = _defs()
