"""How a connection stands: what was read when, what is in the tables, what was not finished."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lever_assets.lever.resources import BY_NAME, RESOURCES, Child, Embedded, Paged, Snapshot, Windowed
from lever_assets.policy.exclusion import NOTHING_EXCLUDED, Exclusion
from lever_assets.settings import Settings
from lever_assets.store import Holder, Store, due, mapping_errors, reads
from lever_assets.store.due import NOTHING, FailedRead, Waiting
from lever_assets.store.mapping_errors import Lost
from lever_assets.store.tables import RAW
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import CAUGHT_UP, MAPPED, READ_WHOLE, READING, WATERMARK, Reading
from lever_assets.sync.fetch.brake import held_back
from lever_assets.sync.fetch.left import is_left, is_left_within, left_below
from lever_assets.sync.map.deriving import all_derived
from lever_assets.sync.reports import Left
from lever_assets.sync.resuming import unfinished_runs
from lever_assets.sync.retention.excluded import applied_exclusion
from lever_assets.sync.session import Session
from lever_assets.sync.windows import Bounds


@dataclass(frozen=True)
class ResourceStatus:
    """One raw table. `denied` is a sentence when the resource is not there, or not for the key.

    `left_out` counts what is stored, is there in Lever, and is not kept by the settings; `unread` what could
    not be read (what lies below a record, or the list as a whole), with when it is asked for again;
    `held_back` what the last complete list lacked and is kept all the same. Instants are UTC.
    """

    resource: str
    live: int
    deleted: int
    left_out: int
    read_at: datetime | None
    scope: str | None
    watermark: datetime | None
    denied: str | None
    unread: Waiting = NOTHING
    held_back: int = 0


@dataclass(frozen=True)
class ModelStatus:
    """One unified table; `unmappable` records are set aside, of `in_part` ones a field could not be read.

    `mapped_at` is UTC.
    """

    model: str
    live: int
    deleted: int
    left_out: int
    unmappable: int
    in_part: int
    mapped_at: datetime | None


@dataclass(frozen=True)
class Unfinished:
    """A resource that a run did not read to the end; the next one over the same scope continues there."""

    resource: str
    scope: str
    started_at: datetime


@dataclass(frozen=True)
class Status:
    """How one connection stands; `complete`: the account was read whole at least once.

    `derived`: what the last sync read is in the tables. `fresh_at`: all that changed in Lever before is there
    (UTC). `failed_reads` are still to be made up for, and `failed_read` is the one that failed most
    often; a list that was read and of which deletions are held back is none. `errors` counts records that
    were not mapped, or not as a whole. `under_way`: who syncs now, if that can be seen; `history_of`: the
    resources of which some is still to be read for the first time, below records.
    """

    connection: str
    complete: bool
    derived: bool
    fresh_at: datetime | None
    failed_reads: Waiting
    failed_read: FailedRead | None
    errors: int
    resources: tuple[ResourceStatus, ...]
    models: tuple[ModelStatus, ...]
    unfinished: tuple[Unfinished, ...]
    under_way: Holder | None = None
    history_of: tuple[str, ...] = ()


def next_by(found: Status, minutes: int) -> datetime | None:
    """Return when an account that syncs by itself is read again at the latest (UTC); None: it never was.

    Then its short lists have grown older than `minutes`; a change in Lever brings it on at once.
    """
    snapshots = [
        each.read_at
        for each in found.resources
        if each.read_at is not None and isinstance(BY_NAME[each.resource], Snapshot)
    ]
    return min(snapshots) + timedelta(minutes=minutes) if snapshots else None


def status(store: Store, account: str, exclusion: Exclusion = NOTHING_EXCLUDED) -> Status:
    """Read how an account stands; asks Lever nothing. What is excluded is not told of."""
    under_way = store.holder(account)  # first: what ends meanwhile is seen as finished below
    with store.reading(account) as tx:
        resources = tuple(_resource(tx, each.name) for each in RESOURCES if exclusion.needs(each.name))
        held = [RAW[each.resource].name for each in resources if each.held_back]
        errors = mapping_errors.counts(tx)
        models = tuple(_model(tx, model.name, errors) for model in exclusion.kept)
        return Status(
            account,
            is_complete(tx, exclusion),
            all_derived(tx, exclusion),
            _fresh_at(tx, resources, models),
            due.waiting(tx, but=held),
            next(iter(due.listed(tx, but=held, limit=1)), None),
            errors.total(),
            resources,
            models,
            tuple(
                Unfinished(resource, run.scope, run.started_at)
                for run in unfinished_runs(tx)
                for resource in run.missing
            ),
            under_way,
            tuple(each.name for each in _given(tx, exclusion) if is_left(tx, each)),
        )


def history_left(store: Store, settings: Settings) -> tuple[Left, ...]:
    """Return what is still to be read for the first time below records; goes through what is left."""
    with store.reading(settings.connection) as tx:
        found = [left_below(tx, settings, each) for each in _given(tx, Exclusion.of(settings))]
    return tuple(each for each in found if each is not None)


def unread_within(tx: Transaction, exclusion: Exclusion, bounds: Bounds) -> set[str]:
    """Return the resources of which some is still to be read for the first time, below records in bounds."""
    return {each.name for each in _given(tx, exclusion) if is_left_within(tx, each, bounds)}


def _given(tx: Transaction, exclusion: Exclusion) -> list[Child]:
    """Return what is wanted below records, and not denied to the key."""
    known = READING.every(tx)
    wanted = [each for each in RESOURCES if isinstance(each, Child) and exclusion.needs(each.name)]
    return [each for each in wanted if not known.get(each.name, Reading()).denied]


def _fresh_at(
    tx: Transaction, resources: Sequence[ResourceStatus], models: Sequence[ModelStatus]
) -> datetime | None:
    """Return up to when all was read and mapped, as far as the key may read it."""
    read = [
        CAUGHT_UP.read(tx, each.resource) if isinstance(BY_NAME[each.resource], Windowed) else each.read_at
        for each in resources
        if isinstance(BY_NAME[each.resource], Windowed | Snapshot) and not each.denied
    ]
    if not any(read):
        return None
    return min(filter(None, (*read, *(each.mapped_at for each in models))), default=None)


def is_complete(tx: Transaction, exclusion: Exclusion) -> bool:
    """Tell whether all was read that is wanted, by a few small queries.

    What is wanted only now, a delta fetches by itself.
    """
    before = applied_exclusion(tx)
    known = READING.every(tx)
    wanted = [each for each in RESOURCES if before.needs(each.name) and exclusion.needs(each.name)]
    standing = [(each, known.get(each.name, Reading())) for each in wanted if not isinstance(each, Embedded)]
    return any(found.read_at for _, found in standing) and all(
        found.denied or (found.read_at and (not isinstance(each, Paged) or WATERMARK.read(tx, each.name)))
        for each, found in standing
    )


def note_read_whole(session: Session) -> None:
    """Keep, if it is so, that all that is wanted was read and is in the tables: a sync is at its end."""
    with session.writing() as tx:
        known = READ_WHOLE.read(tx) is not None
        if not known and is_complete(tx, session.exclusion) and all_derived(tx, session.exclusion):
            READ_WHOLE.keep(tx, tx.instant)


def lacks_something(tx: Transaction, settings: Settings) -> bool:
    """Tell whether a sync that went well left anything out, by a few small queries.

    What could not be mapped or read, what is held back, and what may not be read any more.
    """
    exclusion = Exclusion.of(settings)
    if mapping_errors.counts(tx).total() or due.waiting(tx).count:
        return True
    wanted = [each for each in RESOURCES if exclusion.needs(each.name)]
    known = READING.every(tx)
    refused = (known[each.name] for each in wanted if each.name in known)
    return any(each.denied and each.read_at for each in refused) or any(
        held_back(tx, each) for each in wanted
    )


def _resource(tx: Transaction, name: str) -> ResourceStatus:
    counted = reads.raw_count(tx, name)
    known = READING.read(tx, name) or Reading()
    held = held_back(tx, BY_NAME[name])
    return ResourceStatus(
        name,
        counted.live,
        counted.deleted,
        counted.left_out,
        known.read_at,
        known.scope,
        WATERMARK.read(tx, name),
        known.denied,
        due.waiting(tx, RAW[name].name, but=[RAW[name].name] if held else ()),
        held,
    )


def _model(tx: Transaction, name: str, errors: Counter[tuple[str, Lost]]) -> ModelStatus:
    counted = reads.count(tx, name)
    mapped = MAPPED.read(tx, name)
    return ModelStatus(
        name,
        counted.live,
        counted.deleted,
        counted.left_out,
        errors[name, Lost.RECORD],
        errors[name, Lost.FIELD],
        None if mapped is None else mapped.at,
    )
