"""The session that an asset works in."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from lever_assets.orchestration.failures import for_events
from lever_assets.orchestration.names import ACCEPT_DELETIONS_TAG
from lever_assets.settings import Settings
from lever_assets.sync.progress import Progress
from lever_assets.sync.session import Session

LOCK_SECONDS = 30.0
"""How long a step waits for another sync of its connection, such as one from the command line."""


@contextmanager
def session_of(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[Session]:
    """Open a session whose progress, and what holds it up, goes to the run's log."""

    def tell(told: Progress | str) -> None:
        context.log.info(for_events(str(told)))

    accepted = context.run.tags.get(ACCEPT_DELETIONS_TAG) == "true"
    with Session.open(
        settings, listener=tell, run_id=context.run.run_id, accept_deletions=accepted
    ) as session:
        yield session
