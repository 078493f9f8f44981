"""Making the database agree with LEVER_EXCLUDE and its like, before anything is read or mapped.

The others are LEVER_EXTRA_MODELS and LEVER_INSIGHT.

What is excluded now is removed, from the payloads in place and without asking Lever. What is wanted again was
never read or was removed: its reading is forgotten, so that the next sync fetches it.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar, assert_never

from lever_assets.connect.account import Account
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
from lever_assets.policy.exclusion import EXTRA, Exclusion
from lever_assets.store.changes import forget_values_of_model
from lever_assets.store.children import forget_all_reads
from lever_assets.store.payloads import keep_reads_below, rewrite_payloads
from lever_assets.store.removal import blank_rows, drop_model, drop_resource
from lever_assets.store.transaction import Transaction
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
from lever_assets.sync.field_definitions import drop_excluded
from lever_assets.sync.session import Session
from lever_assets.unified.catalogue import ALL_MODELS

Position = TypeVar("Position", str, int)


def apply_exclusion(session: Session, before: Exclusion) -> tuple[str, ...]:
    """Bring what is stored to what the settings exclude; does nothing while they stay as they were.

    `before` is what the database lacks (`applied_exclusion`). Returns sentences for people. Call it with the
    connection's lock held. It may be stopped at any time: the next call does it anew.
    """
    wanted = session.exclusion
    if before == wanted:
        return ()
    with session.writing() as tx:
        _want_again(tx, session, before)
    _remove(session)
    with session.writing() as tx:
        EXCLUDED.keep(tx, wanted.stated)
    return tuple(_told(before, wanted, session.account))


def _told(before: Exclusion, wanted: Exclusion, account: Account) -> Iterator[str]:
    setting = account.setting("exclude")
    fewer = sorted(set(wanted.names) - set(before.names))
    more = sorted(set(before.names) - set(wanted.names))
    if fewer:
        yield f"{setting} leaves out {', '.join(fewer)} from now on: it was taken out of the database"
    if more:
        yield f"{setting} leaves out {', '.join(more)} no more: it is fetched again"
    setting = account.setting("extra_models")
    fewer = [each for each in before.extra if each not in wanted.extra]
    more = [each for each in wanted.extra if each not in before.extra]
    if fewer:
        yield f"{setting} names {', '.join(fewer)} no more: it was taken out of the database"
    if more:
        yield f"{setting} names {', '.join(more)} from now on: it is fetched, with its history"
    if before.insight != wanted.insight:
        now, fate = ("on", "are filled") if wanted.insight else ("off", "were taken out of the database")
        yield f"{account.setting('insight')} is {now} from now on: the insight models {fate}"


def applied_exclusion(tx: Transaction) -> Exclusion:
    """Return what the database lacks now, whatever the settings say; a new one has everything."""
    return Exclusion.known_among(EXCLUDED.read(tx) or ())


def kept_by_any(tx: Transaction) -> Exclusion:
    """Return the exclusion of what no connection is known to keep: the extra models that none asks for."""
    named = EXCLUDED.of_all(tx).values()
    extra = {each for names in named for each in Exclusion.known_among(names).extra}
    return Exclusion(extra=tuple(each for each in EXTRA if each in extra))


def keep_reads(session: Session, resource: Resource) -> None:
    """After a resource was read again because more of its records is wanted: what lies below it need not be.

    A record that differs from what was stored only by the keys that were taken out has not changed in Lever.
    """
    with session.reading() as tx:
        names = RESTORED.read(tx, resource.name)
        whole = WATERMARK.read(tx, resource.name) is not None
    if names is None:
        return
    before = Exclusion.known_among(names).stripping(resource.name)
    below = [each.name for each in all_below(resource.name)]
    _page(
        session,
        lambda tx, after: keep_reads_below(tx, resource.name, below, before.of, after=after),
        "",
    )
    if whole:
        with session.writing() as tx:
            RESTORED.forget(tx, resource.name)


def _want_again(tx: Transaction, session: Session, before: Exclusion) -> None:
    # An unfinished run may want what is not read any more, or may have read what has to be read again.
    forget_runs(tx)
    for resource in RESOURCES:
        if session.exclusion.needs(resource.name) and lacks(resource, before, session.exclusion):
            read_again(tx, session, resource)
            if before.needs(resource.name) and isinstance(resource, Paged):
                earlier = RESTORED.read(tx, resource.name) or ()
                names = tuple(sorted({*before.stated, *earlier}))
                RESTORED.keep(tx, names, resource.name)


def lacks(resource: Resource, before: Exclusion, wanted: Exclusion) -> bool:
    """Tell whether what is stored of the resource lacks something that is wanted now."""
    if not before.needs(resource.name):
        return True
    return not wanted.stripping(resource.name).includes(before.stripping(resource.name))


def read_again(tx: Transaction, session: Session, resource: Resource) -> None:
    """Forget that a resource was read: the next sync, a delta too, reads all of it."""
    match resource:
        case Child():
            forget_all_reads(tx, resource.name)
        case Embedded():
            read_again(tx, session, BY_NAME[resource.parent])
        case Windowed() | Long():
            # Without a watermark a delta reads the whole list; up to when the others were read stays known.
            forget_progress(tx, resource.name)
            known = CAUGHT_UP.every(tx)
            if known and resource.name not in known:
                CAUGHT_UP.keep(tx, session.settings.sync_start_at, resource.name)
        case Snapshot():
            pass  # it is read whole every time
        case _:
            assert_never(resource)


def _remove(session: Session) -> None:
    exclusion = session.exclusion
    for resource in RESOURCES:
        if not exclusion.needs(resource.name):
            with session.writing() as tx:
                drop_resource(tx, resource.name)
                forget_reading(tx, resource.name)
        elif exclusion.stripping(resource.name):
            _strip(session, resource)
    for model in ALL_MODELS:
        if not exclusion.keeps(model.name):
            with session.writing() as tx:
                drop_model(tx, model.name)
                MAPPED.forget(tx, model.name)
        else:
            _blank(session, model.name)
    with session.writing() as tx:
        drop_excluded(tx, exclusion)


def _strip(session: Session, resource: Resource) -> None:
    rewrite = session.exclusion.stripping(resource.name).of
    _page(
        session,
        lambda tx, after: rewrite_payloads(tx, resource.name, rewrite, after=after),
        "",
    )


def _blank(session: Session, model: str) -> None:
    exclusion = session.exclusion
    columns = exclusion.fields(model)
    rewrites = {
        f"/{each.name}": stripping.of
        for each in RESOURCES
        if exclusion.needs(each.name) and (stripping := exclusion.stripping(each.name))
    }
    _page(
        session,
        lambda tx, after: blank_rows(tx, model, columns, rewrites, after=after, history=session.history),
        "",
    )
    if columns:
        _page(session, lambda tx, after: forget_values_of_model(tx, model, columns, after=after), 0)


def _page(
    session: Session, step: Callable[[Transaction, Position], Position | None], beginning: Position
) -> None:
    """Take one step after another, each in a short transaction, until there is nowhere to go on."""
    after: Position | None = beginning
    while after is not None:
        with session.writing() as tx:
            after = step(tx, after)
