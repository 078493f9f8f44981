"""What is asked of a list, and the page that is the answer."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Column = tuple[str, str]
"""A model and one of its columns."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which rows are wanted: `size` at most, behind the row with the id `after`.

    `filters` has values by the names in `FILTERS`; all of them have to hold. `updated_after` (included): only
    rows that changed since, themselves or in what belongs to them. `deleted`: those that are gone, too.
    `remote_data`: with Lever's own record. `ours`: with the columns that the unified API lacks.
    `excluded` are columns that are not kept; a filter by one finds no row, unless `ignoring_unsupported` lets
    it not count.
    """

    size: int
    after: str = ""
    updated_after: datetime | None = None
    deleted: bool = False
    remote_data: bool = False
    ours: bool = False
    filters: Mapping[str, Any] = field(default_factory=dict)
    excluded: frozenset[Column] = frozenset()
    ignoring_unsupported: bool = False


@dataclass(frozen=True)
class Page:
    """Rows as JSON has them; `last` is the id of the last one that was looked at, None: there are no more.

    `odd` counts what could not be given out as it is stored, by a sentence without a value.
    """

    rows: list[dict[str, Any]]
    last: str | None
    odd: Counter[str]
