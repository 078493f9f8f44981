"""Word to Dagster after a command: what it did to the assets."""

import sys

from lever_assets.cli import output
from lever_assets.orchestration.telling import home_to_tell, tell_observed, tell_waiting
from lever_assets.settings import Settings
from lever_assets.sync.session import Written

_TELLING = "telling Dagster"


def tell_dagster(settings: Settings, *, anything: bool = True) -> None:
    """Tell Dagster what commands did to a connection's assets, where there is one and `anything` to tell.

    For when all is done and written: it takes seconds, and what goes wrong is a warning.
    """
    home = home_to_tell(settings)
    if home is not None and anything:
        sys.stdout.flush()
        with output.waiting(_TELLING):
            why = tell_waiting(settings, home)
        _warn_if(why)


def tell_dagster_of_action(settings: Settings, written: Written, action: str) -> None:
    """Tell Dagster which assets an action touched, as `tell_dagster`."""
    home = home_to_tell(settings)
    if home is not None and written:
        sys.stdout.flush()
        with output.waiting(_TELLING):
            why = tell_observed(settings, home, written, action)
        _warn_if(why)


def _warn_if(why: str | None) -> None:
    if why is not None:
        output.warn(why)
