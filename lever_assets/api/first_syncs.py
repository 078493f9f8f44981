"""First syncs that nobody has begun or that did not go well, begun again where no Dagster does that."""

import logging
import time
from contextlib import suppress

from lever_assets.api.afterwards import in_background
from lever_assets.api.asking import Parts
from lever_assets.api.own_sync import own_syncs
from lever_assets.connect.dagster_ui import found_ui
from lever_assets.connect.first_sync import FIRST_SYNC
from lever_assets.store import StoreError
from lever_assets.store.accounts import named_at_first
from lever_assets.sync.failing import sentence
from lever_assets.sync.standing import never_read_whole
from lever_assets.unified.ids import integration_id

_log = logging.getLogger("lever_assets.api")
_LOOK_SECONDS = 60.0
_AT_ONCE = 5
"""So many syncs in threads may be under way; those that were never asked for come first."""


def keep_beginning(parts: Parts) -> None:
    """Look now and then, as long as the process lives; several processes may."""

    def look() -> None:
        while True:
            with suppress(StoreError):  # the next look has another try
                begin_due(parts)
            time.sleep(_LOOK_SECONDS)

    in_background("beginning first syncs", look)


def begin_due(parts: Parts) -> list[str]:
    """Begin the first syncs that are due, and return their connections; raises StoreError.

    Where Dagster's UI is known its sensor does it. Without any to begin it is one small query.
    """
    if found_ui(parts.settings) is not None:
        return []
    with parts.store.reading("") as tx:
        names = never_read_whole(tx)
        if not names:
            return []
        asked, under_way = FIRST_SYNC.of_all(tx), own_syncs(tx)
        due = [name for name in names if name not in asked or asked[name].due_at <= tx.instant]
        due.sort(key=lambda name: asked[name].at.timestamp() if name in asked else 0.0)
    begun: list[str] = []
    for name in due:
        if len(under_way) + len(begun) >= _AT_ONCE:
            break
        if name not in under_way and _begin(parts, name):
            begun.append(name)
    return begun


def _begin(parts: Parts, name: str) -> bool:
    """Begin a connection's; tells whether it was for us to do: somebody else may sync it."""
    if parts.store.holder(name) is not None:
        return False
    with parts.store.reading(name) as tx:
        asked = integration_id(named_at_first(tx))
    try:
        connection = parts.connections.connection(asked)
        return connection.state.is_synced and parts.runs.begin_first(connection)
    except StoreError:
        raise
    except Exception as error:  # whatever is wrong with one, the others go on
        _log.warning("the first sync of %s was not begun: %s", name, sentence(error))
        return False
