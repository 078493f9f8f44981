"""Making the database agree with LEVER_EXCLUDE after a change of it: before anything is read or mapped.

What is excluded now is removed, from the payloads in place and without asking Lever. What is wanted again was
never read or was removed: its reading is forgotten, so that the next sync fetches it.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar, assert_never

from sqlalchemy import Connection

from lever_assets.lever.resources import (
    BY_NAME,
    RESOURCES,
    Child,
    Embedded,
    Long,
    Paged,
    Resource,
    Snapshot,
    Windowed,
    all_below,
)
from lever_assets.policy.exclusion import Exclusion
from lever_assets.store.changes import forget_values_of_model
from lever_assets.store.payloads import keep_reads_below, rewrite_payloads
from lever_assets.store.removal import blank_rows, drop_model, drop_resource, forget_reads
from lever_assets.sync.checkpoints import (
    CAUGHT_UP,
    EXCLUDED,
    MAPPED,
    RESTORED,
    WATERMARK,
    forget_progress,
    forget_reading,
    forget_runs,
)
from lever_assets.sync.session import Session, now
from lever_assets.unified.catalogue import MODELS

Position = TypeVar("Position", str, int)


def apply_exclusion(session: Session) -> tuple[str, ...]:
    """Bring what is stored to what the settings exclude; does nothing while they stay as they were.

    Returns sentences for people. Call it with the connection's lock held. It may be stopped at any time: the
    next call does it anew.
    """
    wanted = session.exclusion
    with session.store.reading() as conn:
        before = applied_exclusion(conn, session.name)
    if before == wanted:
        return ()
    with session.store.writing() as conn:
        _want_again(conn, session, before)
    _remove(session)
    with session.store.writing() as conn:
        EXCLUDED.keep(conn, session.name, tuple(wanted.names))
    return tuple(_told(before, wanted))


def _told(before: Exclusion, wanted: Exclusion) -> Iterator[str]:
    fewer = sorted(set(wanted.names) - set(before.names))
    more = sorted(set(before.names) - set(wanted.names))
    if fewer:
        yield f"LEVER_EXCLUDE leaves out {', '.join(fewer)} from now on: it was taken out of the database"
    if more:
        yield f"LEVER_EXCLUDE leaves out {', '.join(more)} no more: it is fetched again"


def applied_exclusion(conn: Connection, connection: str) -> Exclusion:
    """Return what the database lacks now, whatever the settings say; a new one has everything."""
    return Exclusion.known_among(EXCLUDED.read(conn, connection) or ())


def keep_reads(session: Session, resource: Resource) -> None:
    """After a resource was read again because more of its records is wanted: what lies below it need not be.

    A record that differs from what was stored only by the keys that were taken out has not changed in Lever.
    """
    name = session.name
    with session.store.reading() as conn:
        names = RESTORED.read(conn, name, resource.name)
        whole = WATERMARK.read(conn, name, resource.name) is not None
    if names is None:
        return
    before = Exclusion.known_among(names).stripping(resource.name)
    below = [each.name for each in all_below(resource.name)]
    _page(
        session,
        lambda conn, after: keep_reads_below(conn, name, resource.name, below, before.of, after=after),
        "",
    )
    if whole:
        with session.store.writing() as conn:
            RESTORED.forget(conn, name, resource.name)


def _want_again(conn: Connection, session: Session, before: Exclusion) -> None:
    # An unfinished run may want what is not read any more, or may have read what has to be read again.
    forget_runs(conn, session.name)
    for resource in RESOURCES:
        if session.exclusion.needs(resource.name) and _lacks(resource, before, session.exclusion):
            read_again(conn, session, resource)
            if before.needs(resource.name) and isinstance(resource, Paged):
                earlier = RESTORED.read(conn, session.name, resource.name) or ()
                names = tuple(sorted({*before.names, *earlier}))
                RESTORED.keep(conn, session.name, names, resource.name)


def _lacks(resource: Resource, before: Exclusion, wanted: Exclusion) -> bool:
    """Tell whether what is stored of the resource lacks something that is wanted now."""
    if not before.needs(resource.name):
        return True
    return not wanted.stripping(resource.name).includes(before.stripping(resource.name))


def read_again(conn: Connection, session: Session, resource: Resource) -> None:
    """Forget that a resource was read: the next sync, a delta too, reads all of it."""
    match resource:
        case Child():
            forget_reads(conn, session.name, resource.name)
        case Embedded():
            read_again(conn, session, BY_NAME[resource.parent])
        case Windowed() | Long():
            # Without a watermark a delta reads the whole list; up to when the others were read stays known.
            forget_progress(conn, session.name, resource.name)
            known = CAUGHT_UP.every(conn, session.name)
            if known and resource.name not in known:
                CAUGHT_UP.keep(conn, session.name, session.settings.sync_start_at, resource.name)
        case Snapshot():
            pass  # it is read whole every time
        case _:
            assert_never(resource)


def _remove(session: Session) -> None:
    exclusion, name = session.exclusion, session.name
    for resource in RESOURCES:
        if not exclusion.needs(resource.name):
            with session.store.writing() as conn:
                drop_resource(conn, name, resource.name)
                forget_reading(conn, name, resource.name)
        elif exclusion.stripping(resource.name):
            _strip(session, resource)
    for model in MODELS:
        if not exclusion.keeps(model.name):
            with session.store.writing() as conn:
                drop_model(conn, name, model.name, now=now())
                MAPPED.forget(conn, name, model.name)
        else:
            _blank(session, model.name)


def _strip(session: Session, resource: Resource) -> None:
    rewrite = session.exclusion.stripping(resource.name).of
    _page(
        session,
        lambda conn, after: rewrite_payloads(
            conn, session.name, resource.name, rewrite, after=after, now=now()
        ),
        "",
    )


def _blank(session: Session, model: str) -> None:
    exclusion, name = session.exclusion, session.name
    columns = exclusion.fields(model)
    rewrites = {
        f"/{each.name}": stripping.of
        for each in RESOURCES
        if exclusion.needs(each.name) and (stripping := exclusion.stripping(each.name))
    }
    _page(
        session,
        lambda conn, after: blank_rows(
            conn, name, model, columns, rewrites, after=after, now=now(), history=session.history
        ),
        "",
    )
    if columns:
        _page(session, lambda conn, after: forget_values_of_model(conn, name, model, columns, after=after), 0)


def _page(
    session: Session, step: Callable[[Connection, Position], Position | None], beginning: Position
) -> None:
    """Take one step after another, each in a short transaction, until there is nowhere to go on."""
    after: Position | None = beginning
    while after is not None:
        with session.store.writing() as conn:
            after = step(conn, after)
