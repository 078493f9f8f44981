"""Which views there are to be of the unified tables, by the settings; and that there are just these."""

from lever_assets.policy.exclusion import Exclusion
from lever_assets.store import BusyError, ReadOnlyError, UnfitError, views
from lever_assets.store.checkpoints import kept_at_of_all
from lever_assets.store.transaction import NOBODY, Transaction
from lever_assets.store.views import Views
from lever_assets.sync.checkpoints import EXCLUDED
from lever_assets.sync.session import Session
from lever_assets.unified.catalogue import ALL_MODELS

_PREFIX = "current_"
"""Unless one is set. In a schema of their own views have none: there they are called as their tables."""


def wanted_views(tx: Transaction, session: Session) -> Views:
    """Return which views the settings want: of each model that some connection keeps."""
    schema = session.settings.view_schema if tx.sql.dialect.name == "postgresql" else None
    prefix = session.settings.view_prefix or (_PREFIX if schema is None else "")
    excluded = _excluded_by_all(tx, session)
    return Views(prefix, tuple(each.name for each in ALL_MODELS if each.name not in excluded), schema)


def keep_views(session: Session, wanted: Views) -> tuple[str, ...]:
    """Have the views that are wanted, and no others of this program's; returns sentences for people.

    A sync is not held up by it: what the database refuses is one of the sentences.
    """
    try:
        with session.writing() as tx:
            return tuple(views.keep_views(tx, wanted))
    except (BusyError, ReadOnlyError, UnfitError) as error:
        return (f"the views without what is gone were not made: {error}",)


def _excluded_by_all(tx: Transaction, session: Session) -> frozenset[str]:
    """Return the models that no connection keeps; what others exclude is only looked at if this one does."""
    exclusion = session.exclusion
    found = exclusion.models
    if found:
        named = EXCLUDED.of_all(tx)
        # One that keeps an extra model says so there; any other model is kept where nothing is said.
        others = kept_at_of_all(tx) if exclusion.names else named
        for other in others.keys() - {session.name, NOBODY}:
            found &= Exclusion.known_among(named.get(other, ())).models
    return found
