"""What belongs to the rows of a page: one statement for each kind of it, by the ids of all rows at once.

What is gone is left out of lists; a single row that is referred to is shown even then.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from lever_assets.store.dialects import OF, among_these, by_another_index_of
from lever_assets.store.pages.wire import Odd, Part, without
from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import Transaction

Row = dict[str, Any]


class Related:
    """Reads what belongs to the rows of a page, in its transaction; `odd` is the page's."""

    def __init__(self, tx: Transaction, odd: Odd) -> None:
        self._tx = tx
        self._dialect = tx.sql.dialect.name
        self.odd = odd

    def by_id(self, part: Part, ids: Iterable[str | None], *, live: bool = False) -> dict[str | None, Row]:
        """Return rows by their ids; `live`: those alone that are there."""
        return {each: row for each, (_, row) in self.with_extra(part, ids, live=live).items()}

    def with_extra(
        self, part: Part, ids: Iterable[str | None], *, live: bool = False
    ) -> dict[str | None, tuple[Any, Row]]:
        """As `by_id`, each with the values of its part's extra columns."""
        wanted = sorted({each for each in ids if each is not None})
        if not wanted:
            return {}
        read, shown = part.reader(self._dialect, self.odd), len(part.shown)
        found: dict[str | None, tuple[Any, Row]] = {}
        for values in self._rows(_by_id(self._dialect, part, live), wanted):
            row = read(values)
            if part.required and row["remote_id"] is None:
                without("remote_id", part.model, self.odd)
            else:
                found[values[-1]] = (values[shown:], row)
        return found

    def stages(self, part: Part, ids: Iterable[str | None]) -> dict[str | None, Row]:
        """Return stages by their ids, each with its place as `index`: the one extra column of the part.

        Lever has one pipeline for all jobs: where a stage stands in it is where it stands in each job's.
        """
        found = self.with_extra(part, ids)
        return {each: {**row, "index": extra[0]} for each, (extra, row) in found.items()}

    def roles(self, part: Part, scope: str, ids: Iterable[str | None]) -> dict[str | None, Row]:
        """Return the roles of a scope by their ids; those of another one are none where they stand."""
        found = self.by_id(part, ids, live=True)
        return {each: row for each, row in found.items() if row["scope"] == scope}

    def below(self, part: Part, column: str, ids: Iterable[str | None]) -> dict[str, list[tuple[Any, Row]]]:
        """Return the live rows that refer to others, by what `column` holds, in the order of their ids.

        Each comes with the values of its part's extra columns, of which `column` is the first.
        """
        wanted = sorted({each for each in ids if each is not None})
        found: dict[str, list[tuple[Any, Row]]] = defaultdict(list)
        if not wanted:
            return found
        read, shown = part.reader(self._dialect, self.odd), len(part.shown)
        for values in self._rows(_below(self._dialect, part, column), wanted):
            found[values[shown]].append((values[shown:], read(values)))
        return found

    def _rows(self, statement: Select[Any], wanted: Sequence[str]) -> Sequence[Any]:
        return self._tx.sql.execute(statement, {"of": self._tx.account, "these": wanted}).all()


@cache
def _by_id(dialect: str, part: Part, live: bool) -> Select[Any]:
    c = UNIFIED[part.model].c
    query = select(*part.selected(dialect), c.id.label("its_id")).where(
        among_these(dialect, c.id), of_account(dialect, c)
    )
    return query.where(c.remote_deleted_at.is_(None)) if live else query


@cache
def _below(dialect: str, part: Part, column: str) -> Select[Any]:
    c = UNIFIED[part.model].c
    return (
        select(*part.selected(dialect))
        .where(
            among_these(dialect, c[column]),
            of_account(dialect, c),
            c.remote_deleted_at.is_(None),
        )
        .order_by(c.id)
    )


def of_account(dialect: str, c: Any) -> ColumnElement[bool]:
    """Return the condition that a row is the account's, by which SQLite is not to look for rows."""
    of: ColumnElement[bool] = by_another_index_of(dialect, c.connection) == OF
    return of
