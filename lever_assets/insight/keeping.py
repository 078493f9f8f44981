"""Keeping the marts up: a change says which months are to be made anew, and only these are read and replaced.

What is counted (a candidate, an interview, an offer, a requisition) is a *unit*. `mart_months` keeps in which
months a unit is counted, with a hash of what it gives there. When rows change, the units that they belong to
are counted again; the months in which they give something else than before are due. Of a month that is due
all units are read, and its rows replaced. So what moves from one month to another leaves the first one, too.

A small change is one transaction; a large one, such as the first time, many: what is due is kept, so that a
kill costs nothing but the time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pandas as pd

from lever_assets.insight.catalogue import MADE, Made
from lever_assets.insight.loading import of_units
from lever_assets.insight.marts.common import UNIT
from lever_assets.insight.standing import DUE, MADE_OF, MadeOf, is_behind, keeps_marts
from lever_assets.insight.touched import Touched, touched
from lever_assets.store import marts as kept
from lever_assets.store.changes import all_is_counted, uncounted_since
from lever_assets.store.marts import Counted, Replaced
from lever_assets.store.transaction import Transaction
from lever_assets.sync.session import Session
from lever_assets.unified.marts import MONTH

_MARGIN = timedelta(minutes=10)
"""So long a row may have been on its way into its table when it was looked for."""
_AT_ONCE = 10_000
"""So many units are read at once, and so many are a small change."""


def keep_up(session: Session, *, rebuild: bool = False) -> dict[str, Replaced]:
    """Bring the marts up to the tables; return what was replaced, by mart, or taken out of those not wanted.

    `rebuild`: make everything anew, whatever changed. Call it with no transaction open and, as a sync, alone
    (`Session.alone`).
    """
    wanted = keeps_marts(session.settings)
    with session.reading() as tx:
        if not (rebuild or is_behind(tx, wanted)):
            return {}
    return _Keeping(session, wanted, rebuild=rebuild).bring_up()


class _Keeping:
    """One time that the marts are brought up."""

    def __init__(self, session: Session, wanted: tuple[str, ...], *, rebuild: bool) -> None:
        self._session = session
        self._wanted = wanted
        self._rebuild = rebuild
        self._anew = False
        self._replaced: dict[str, Replaced] = {}
        self._by_counts: dict[str, list[Made]] = {}
        for name in wanted:
            self._by_counts.setdefault(MADE[name].mart.counts, []).append(MADE[name])

    def bring_up(self) -> dict[str, Replaced]:
        with self._session.writing() as tx:
            self._session.hold(tx)
            now = MadeOf.now(tx, self._wanted)
            found = self._touched(tx, now)
            if sum(len(each) for each in found.units.values()) <= _AT_ONCE:
                for counts, units in found.units.items():
                    self._count(tx, counts, sorted(units), are_all=self._anew)
                while self._make_some(tx):
                    pass
                self._keep(tx, now, found)
                return self._replaced
        for counts, units in found.units.items():
            are_all = self._anew and len(units) <= _AT_ONCE
            for some in _in_pieces(sorted(units)):
                with self._session.writing() as tx:
                    self._count(tx, counts, some, are_all=are_all)
        more = True
        while more:
            with self._session.writing() as tx:
                more = self._make_some(tx)
        with self._session.writing() as tx:
            self._keep(tx, now, found)
        return self._replaced

    def _touched(self, tx: Transaction, now: MadeOf) -> Touched:
        before = MADE_OF.read(tx)
        # What changed since can't be told where the clock was set back, nor of rows that were removed.
        if (
            self._rebuild
            or before is None
            or before.at is None
            or before.at > tx.instant
            or not before.suits(now)
        ):
            self._anew = True
            self._replaced |= kept.begin_anew(tx, but=self._wanted)
            MADE_OF.forget(tx)
            DUE.forget_every(tx)
            for counts, made in self._by_counts.items():  # those in which nothing is counted any more, too
                DUE.keep(tx, tuple(sorted(kept.months_of(tx, [each.mart.name for each in made]))), counts)
            return touched(tx, self._by_counts, changed=None, since=None)
        changed = {model for model, mark in now.marks.items() if before.marks.get(model) != mark}
        since = min(before.at, uncounted_since(tx) or before.at) - _MARGIN
        return touched(
            tx, self._by_counts, changed=changed, since=since, knows_who_waited="aging" in self._wanted
        )

    def _keep(self, tx: Transaction, now: MadeOf, found: Touched) -> None:
        found.keep(tx)
        MADE_OF.keep(tx, now)
        all_is_counted(tx)

    def _count(self, tx: Transaction, counts: str, units: Sequence[str], *, are_all: bool) -> None:
        """Count these units again; the months in which they give something else than before are due.

        `are_all`: no others are counted, so the months that are due can be made of them at once.
        """
        if not units:
            return
        facts = self._facts(tx, counts, units)
        after = set(_contents(facts))
        before = kept.counted_before(tx, counts, units)
        there = {(each.month, each.unit) for each in after}
        gone = [each for each in before if (each.month, each.unit) not in there]
        kept.keep_counted(tx, counts, gone=gone, new=after - before)
        months = {each.month for each in before ^ after}.union(DUE.read(tx, counts) or ())
        if are_all:
            self._replace(tx, counts, months, facts)
        if months:
            DUE.keep(tx, () if are_all else tuple(sorted(months)), counts)

    def _make_some(self, tx: Transaction) -> bool:
        """Make some of the months that are due; tell whether any are left."""
        due = {counts: months for counts, months in DUE.every(tx).items() if months}
        for counts, months in due.items():
            if counts not in self._by_counts:
                DUE.forget(tx, counts)
                continue
            some = _some_of(months, kept.units_by_month(tx, counts, months))
            self._replace(tx, counts, some, self._facts(tx, counts, kept.units_in(tx, counts, some)))
            left = tuple(each for each in months if each not in some)
            DUE.keep(tx, left, counts)
            return bool(left) or len(due) > 1
        return False

    def _facts(self, tx: Transaction, counts: str, units: Sequence[str]) -> dict[str, pd.DataFrame]:
        """Return what these units give to each mart."""
        frames = of_units(tx, counts, units)
        return {each.mart.name: each.facts(frames) for each in self._by_counts[counts]}

    def _replace(
        self, tx: Transaction, counts: str, months: Collection[str], facts: Mapping[str, pd.DataFrame]
    ) -> None:
        """Let the marts have in these months what the facts give there; they are of all units in them."""
        for each in self._by_counts[counts]:
            name = each.mart.name
            found = facts[name]
            rows = each.rows(found[found[MONTH].isin(months)])
            done = kept.replace_months(tx, name, months, as_rows(rows))
            self._replaced[name] = self._replaced.get(name, Replaced()) + done


def _contents(facts: Mapping[str, pd.DataFrame]) -> Iterator[Counted]:
    """Yield what each unit gives to the marts in each month: a hash of its facts, whatever their order."""
    pieces = []
    for name, each in facts.items():
        told = each.drop(columns=[UNIT])
        hashes = pd.util.hash_pandas_object(told, index=False, hash_key=f"{name:16.16}")
        pieces.append(pd.DataFrame({UNIT: each[UNIT], MONTH: each[MONTH], "content": hashes}))
    summed = pd.concat(pieces, ignore_index=True).groupby([MONTH, UNIT])["content"].sum().reset_index()
    for month, unit, content in summed.itertuples(index=False):
        yield Counted(str(month), str(unit), f"{int(content):016x}")


def _in_pieces(units: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(units), _AT_ONCE):
        yield units[start : start + _AT_ONCE]


def _some_of(months: Sequence[str], units: Mapping[str, int]) -> list[str]:
    """Return the first of these months, as many as may be read at once; one at least."""
    some: list[str] = []
    total = 0
    for each in months:
        total += units.get(each, 0)
        if some and total > _AT_ONCE:
            break
        some.append(each)
    return some


def as_rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a DataFrame as Python's own values, None for what is missing."""
    plain = {name: _plain(rows[name]) for name in rows.columns}
    return [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]


def _plain(column: pd.Series) -> list[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return [None if pd.isna(each) else each.to_pydatetime(warn=False) for each in column]
    return [None if each is pd.NA else each for each in column.tolist()]
