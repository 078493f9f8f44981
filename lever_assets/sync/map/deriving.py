"""Deriving the unified models: map what changed on the raw floor since last time, merge it, keep the mark."""

import hashlib
import json
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, assert_never, cast

from lever_assets.lever.resources import embedded_in
from lever_assets.mapping import MAPPING_VERSION
from lever_assets.mapping.derivation import AsWhole, ByRecord, Derivation, Gathered
from lever_assets.mapping.stated import DERIVATIONS, WHOLE
from lever_assets.policy.exclusion import Exclusion
from lever_assets.store import Merged, mapping_errors, merge, raw
from lever_assets.store.addresses import forget_erased_long_ago
from lever_assets.store.live import LIVE, count_live, live_rows
from lever_assets.store.mapping_errors import Lost, MappingError
from lever_assets.store.statistics import tell_of_growth
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import LANDED, MAPPED, Mapped
from lever_assets.sync.custom_fields import compare, unmatched
from lever_assets.sync.map.carried import Moved
from lever_assets.sync.map.field_counting import count_those, due_to_count
from lever_assets.sync.map.floor import Floor
from lever_assets.sync.map.gathering import gather_records
from lever_assets.sync.map.misfits import fitting, floor_errors, forget_errors, incomplete, misfit_of
from lever_assets.sync.map.spooling import each_once
from lever_assets.sync.progress import RECORDS_MAPPED, Meter
from lever_assets.sync.reports import DeriveReport
from lever_assets.sync.retention.anonymised import erase_anonymised, erase_mapped_from
from lever_assets.sync.retention.past_actions import anonymised_among, forget_actions, gone_among
from lever_assets.sync.session import Session
from lever_assets.unified.models import UnifiedRow

_BATCH = 500
"""Records that are mapped at once: twice as many take 20 MB more, and no less time."""


@dataclass(frozen=True)
class _Span:
    """The landings that one derivation takes in: versions in (after, up_to]; `afresh`: everything.

    `changed`: one of them changed something that the model is mapped from.
    """

    after: int
    up_to: int
    afresh: bool
    changed: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to map."""
        return not self.afresh and not self.changed


def derive_all(
    session: Session, models: Sequence[str], *, replay: bool = False, while_on: bool = False
) -> Iterator[DeriveReport]:
    """Bring the tables of these models up to the raw floor, and say what became of each.

    They come one after the other; but those that are mapped afresh from the records of one list come
    together, so that each record is read once.

    Everything is mapped again when the mapping or a setting that it depends on has changed, and with
    `replay`. Nothing is asked of Lever. `while_on`: raises SwitchedOffError when the connection is switched
    off meanwhile; what was mapped before is kept.

    A record that can't be mapped goes to `mapping_errors`; the rows it gave before stay. So does what is lost
    of a record that was mapped without a field.

    All is ready (`prepare`). Of a model that nothing changed for only the mark moves, with those of the
    others at the end; then is forgotten by what addresses people were found who were erased long ago, and
    the fields that the rows have are counted.
    """
    erase_anonymised(session)
    with session.reading() as tx:
        spans = _spans(tx, session, models, replay=replay)
        standing = _standing(tx, session, [name for name, span in spans.items() if span.is_empty])
    for together in _together(spans):
        span = spans[together[0]]
        if span.is_empty:
            yield standing[together[0]]
        else:
            yield from _bring_up(session, together, span, while_on=while_on)
    with session.writing() as tx:
        _mark(tx, session, {name: spans[name] for name in standing})
        count_live(tx, spans.keys() - LIVE.every(tx).keys())
        forget_erased_long_ago(tx)
        afresh = {name for name, span in spans.items() if span.afresh}
        due = due_to_count(tx, session.exclusion, spans, afresh=afresh)
    count_those(session, due)


@dataclass
class _Work:
    """One model on its way: what became of its rows so far, and how many seconds that took."""

    derivation: Derivation
    meter: Meter
    merged: Merged = field(default_factory=Merged)
    seconds: float = 0.0


def _together(spans: Mapping[str, _Span]) -> Iterable[Sequence[str]]:
    """Return the models, those together that are mapped afresh from the records of one list."""
    groups: dict[str, list[str]] = {}
    for model, span in spans.items():
        derivation = DERIVATIONS[model]
        shared = span.afresh and isinstance(derivation, ByRecord)
        groups.setdefault(f"all {derivation.driver}" if shared else model, []).append(model)
    return groups.values()


def _bring_up(
    session: Session, models: Sequence[str], span: _Span, *, while_on: bool
) -> Iterator[DeriveReport]:
    """Map and merge one model, or some together, and say what became of each."""
    works = [_Work(DERIVATIONS[each], Meter(session.listener, each, RECORDS_MAPPED)) for each in models]
    derivation = works[0].derivation
    match derivation:
        case ByRecord():
            _derive_by_record(session, works, _pending(session, derivation, span), while_on=while_on)
        case AsWhole():
            _derive_whole(session, derivation, span, works[0], while_on=while_on)
        case _:
            assert_never(derivation)
    yield from (_finished(session, work, span) for work in works)


def _finished(session: Session, work: _Work, span: _Span) -> DeriveReport:
    """Keep that the model has taken in its span, and say what became of it."""
    began, model = time.monotonic(), work.derivation.model
    work.meter.end()
    with session.writing() as tx:
        _mark(tx, session, {model: span})
        if span.afresh:
            count_live(tx, [model])
        tell_of_growth(tx, model, work.merged.inserted)
        if session.mapping.custom_fields.get(model) and (span.afresh or work.merged.changed):
            compare(tx, model, session.mapping.custom_fields)
    with session.reading() as tx:
        found = _standing(tx, session, [model])[model]
    seconds = work.seconds + time.monotonic() - began
    return replace(found, counts=work.merged, seconds=seconds, replayed=span.afresh)


def _standing(tx: Transaction, session: Session, models: Sequence[str]) -> dict[str, DeriveReport]:
    """Return how these models stand, as reports of a derivation that found nothing to do."""
    errors = mapping_errors.counts(tx)
    rows = live_rows(tx, models)
    names = session.mapping.custom_fields
    doubts = {each.model: (str(each),) for each in unmatched(tx, names.keys(), names)}
    return {
        model: DeriveReport(
            model,
            Merged(),
            unmappable=errors[model, Lost.RECORD],
            rows=rows[model],
            seconds=0.0,
            in_part=errors[model, Lost.FIELD],
            doubts=doubts.get(model, ()),
        )
        for model in models
    }


def _mark(tx: Transaction, session: Session, spans: Mapping[str, _Span]) -> None:
    marks = {
        model: Mapped(span.up_to, _signature(session, model), tx.instant) for model, span in spans.items()
    }
    MAPPED.keep_each(tx, marks)


def to_derive(tx: Transaction, resource: str) -> None:
    """Keep that what a sync has landed of a resource until now is for the next derivations to take in."""
    version = tx.current_version()
    embedded = embedded_in(resource)
    landed = [resource] if embedded is None else [resource, embedded.name]
    LANDED.keep_each(tx, dict.fromkeys(landed, version))


def all_derived(tx: Transaction, exclusion: Exclusion) -> bool:
    """Tell whether every model has taken in what the syncs have landed of the resources that it reads.

    What was refreshed by itself is no sync's: it was taken in when it landed.
    """
    landed, mapped = LANDED.every(tx), MAPPED.every(tx)
    return all(
        name in mapped and mapped[name].version >= landed.get(each, 0)
        for name, derivation in DERIVATIONS.items()
        if exclusion.keeps(name)
        for each in derivation.reads
        if exclusion.needs(each)
    )


def _spans(tx: Transaction, session: Session, models: Sequence[str], *, replay: bool) -> dict[str, _Span]:
    mapped = MAPPED.every(tx)
    up_to = tx.current_version()
    newest = raw.newest_versions(tx)
    spans = {}
    for model in models:
        known, signature = mapped.get(model), _signature(session, model)
        if replay or known is None or known.signature != signature or known.version > up_to:
            spans[model] = _Span(0, up_to, afresh=True)
        else:
            changed = any(newest.get(each, 0) > known.version for each in DERIVATIONS[model].reads)
            spans[model] = _Span(known.version, up_to, afresh=False, changed=changed)
    return spans


def _signature(session: Session, model: str) -> str:
    """Return a text that is another one when the model's rows are to be mapped in another way."""
    ctx = session.mapping
    names = ctx.custom_fields.get(model)
    parts = [MAPPING_VERSION, ctx.remote_data, {model: dict(names)} if names else {}]
    if session.exclusion.names:
        parts.append(session.exclusion.names)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _derive_by_record(
    session: Session, works: Sequence[_Work], pending: Iterator[str], *, while_on: bool
) -> None:
    began = time.monotonic()
    for keys in _batches(pending, _BATCH):
        with session.writing() as tx:
            if while_on:
                session.see_that_it_is_on(tx)
            floor = Floor(tx, session.mapping)
            for work in works:
                derivation = cast("ByRecord[Any]", work.derivation)
                work.merged += derive_records(floor, session, derivation, keys)
                took, began = time.monotonic() - began, time.monotonic()
                work.seconds += took
        for work in works:
            work.meter.advance(len(keys))


def derive_records(floor: Floor, session: Session, derivation: ByRecord[Any], keys: Sequence[str]) -> Merged:
    """Map these records of the driver and merge what they give.

    The `floor` is for these records alone, and for whatever is mapped from them: it reads them once.
    """
    if isinstance(derivation, Gathered):
        return gather_records(floor, session, derivation, keys)
    tx = floor.tx
    tx.hold_landings()
    found = floor.records(derivation.driver, keys)
    live = [row for row in found if not row.deleted]
    blanked = session.exclusion.row
    around = floor.around(derivation, live)
    rows: list[tuple[str, UnifiedRow]] = []
    failed: list[MappingError] = []
    for row in live:
        try:
            record = floor.record(derivation, row)
            given = derivation.rows(record, around(row))
            rows.extend([(row.remote_id, blanked(derivation.model, each)) for each in given])
        except Exception as error:  # whatever a record does to its mapping, the others go on
            failed.append(misfit_of(derivation, row, error))
    unmapped = {each.remote_id for each in failed}
    mapped = [key for key in keys if key not in unmapped]
    rows, too_long = fitting(derivation, rows)
    errors = [*floor_errors(derivation, floor), *failed, *too_long]
    tx.renew()
    forget_errors(tx, derivation, mapped, floor)
    mapping_errors.record(tx, errors)
    of_nobody = anonymised_among(tx, derivation.driver, found)
    forget_actions(tx, derivation.model, of_nobody | gone_among(found))
    merged = merge(
        tx,
        derivation.model,
        rows,
        sources=mapped,
        history=session.history,
        incomplete=incomplete(derivation, floor, live),
        left_out={row.remote_id: row.left_out for row in found if row.left_out},
    )
    erase_mapped_from(tx, session, derivation.model, of_nobody)
    return merged


def _derive_whole(session: Session, derivation: AsWhole, span: _Span, work: _Work, *, while_on: bool) -> None:
    began = time.monotonic()
    if not span.afresh and not _changed(session, derivation.reads, span):
        return
    with session.writing() as tx:
        if while_on:
            session.see_that_it_is_on(tx)
        tx.hold_landings()
        moved = _moved(tx, session, derivation, span)
        floor = Floor(tx, session.mapping, None if moved is None else moved.carriers)
        rows = [(WHOLE, session.exclusion.row(derivation.model, row)) for row in derivation.rows(floor)]
        rows, too_long = fitting(derivation, rows)
        errors = floor_errors(derivation, floor)
        tx.renew()
        mapping_errors.record(tx, [*errors, *too_long])
        mapping_errors.resolve_all(tx, derivation.model, before=tx.instant)
        work.merged = merge(
            tx,
            derivation.model,
            rows,
            sources=() if errors or moved is not None else None,
            history=session.history,
            incomplete=[WHOLE],
            gone=() if errors or moved is None else moved.let_go(tx, {row.id for _, row in rows}),
        )
    work.meter.advance(len(rows))
    work.seconds = time.monotonic() - began


def _moved(tx: Transaction, session: Session, derivation: AsWhole, span: _Span) -> Moved | None:
    """Return what changed of what carries the model's rows, where that is enough to know; None: look at all.

    It is not where anything could not be read: that has to be told as long as it is so.
    """
    by = derivation.carried_by
    if by is None or span.afresh or not session.exclusion.keeps(by):
        return None
    known, errors = MAPPED.read(tx, by), mapping_errors.counts(tx)
    if known is None or known.version < span.after or known.signature != _signature(session, by):
        return None
    if any(errors[model, lost] for model in (derivation.model, by) for lost in Lost):
        return None
    return Moved.between(tx, session.mapping, derivation, by=by, landings=(span.after, span.up_to))


def _pending(session: Session, derivation: ByRecord[Any], span: _Span) -> Iterator[str]:
    """Yield the driver's records to map, each once unless they are very many."""
    if span.afresh or _changed(session, derivation.besides, span):
        yield from _every_key(session, derivation.driver)
    else:
        yield from each_once(_touched(session, derivation, span))


def _touched(session: Session, derivation: ByRecord[Any], span: _Span) -> Iterator[str]:
    """Yield the driver's records that changed, or beside or below which anything did."""
    yield from (remote_id for remote_id, _ in _changes(session, derivation.driver, span))
    for below in derivation.below:
        yield from _parents(session, below, span)
    if derivation.siblings is not None:
        for parents in _batches(_parents(session, derivation.siblings, span), _BATCH):
            with session.reading() as tx:
                beside = raw.by_parent(tx, derivation.driver, parents)
            yield from (row.remote_id for rows in beside.values() for row in rows)


def _parents(session: Session, resource: str, span: _Span) -> Iterator[str]:
    return each_once(parent for _, parent in _changes(session, resource, span) if parent)


def _changed(session: Session, resources: Iterable[str], span: _Span) -> bool:
    for resource in resources:
        with closing(_changes(session, resource, span)) as changes:
            if next(changes, None) is not None:
                return True
    return False


def _changes(session: Session, resource: str, span: _Span) -> Generator[tuple[str, str | None], None, None]:
    with session.reading() as tx:
        for keys in raw.changed_keys(tx, resource, span.after, span.up_to):
            for key in keys:
                yield key.remote_id, key.parent_id


def _every_key(session: Session, resource: str) -> Iterator[str]:
    after: str | None = None
    while True:
        with session.reading() as tx:
            keys = raw.keys(tx, resource, after=after, limit=_BATCH)
        yield from (key.remote_id for key in keys)
        if len(keys) < _BATCH:
            return
        after = keys[-1].remote_id


def _batches(keys: Iterator[str], size: int) -> Iterator[list[str]]:
    while batch := list(islice(keys, size)):
        yield batch
