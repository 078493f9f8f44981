"""Made-up tables, odd on purpose: whatever the models allow is in them, gone rows and nulls everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pandas as pd
from sqlalchemy import select

from lever_assets.insight.catalogue import MADE
from lever_assets.insight.keeping import as_rows
from lever_assets.insight.loading import whole
from lever_assets.store import Store
from lever_assets.store.changes import mark_changed
from lever_assets.store.dialects import upsert
from lever_assets.store.tables import MART_TABLES, UNIFIED, mart_months
from lever_assets.unified.marts import MARTS

Row = dict[str, Any]
Rows = Mapping[str, list[Row]]

DAY = 86_400_000
LONG = "".join(map(chr, Random(0).choices(range(0x4E00, 0x9FA5), k=4_000)))
"""A name that no index of PostgreSQL takes."""
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class World:
    """Rows of all tables that the marts read, by model; the same seed gives the same."""

    random: Random
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def instant(self, first: int = 0, last: int = 200) -> datetime:
        return FIRST + timedelta(milliseconds=self.random.randrange(first * DAY, last * DAY))

    def perhaps(self, value: Any, *, none: float = 0.1) -> Any:
        return None if self.random.random() < none else value

    def add(self, model: str, ident: str, **values: Any) -> None:
        gone = values.pop("gone", None) or self.perhaps(self.instant(), none=0.9)
        self.rows.setdefault(model, []).append({"id": ident, "remote_deleted_at": gone, **values})

    def candidate(self, number: int) -> None:
        random, ident = self.random, f"c{number:04}"
        source = self.perhaps(random.choice(["LinkedIn", "A friend's"]))
        came = self.perhaps(self.instant(), none=0.05)
        self.add("candidates", ident, source=source, remote_created_at=came)
        at, visits = self.instant(0, 150), random.randrange(6)
        for place in range(visits):
            until = at + timedelta(milliseconds=random.choice([0, 1, random.randrange(20 * DAY)]))
            self.add(
                "application_stage_changes",
                f"v{number}_{place}",
                candidate_id=ident,
                to_stage_id=self.perhaps(f"s{random.randrange(6)}", none=0.03),
                entered_at=at,
                left_at=until if place < visits - 1 else self.perhaps(until, none=0.5),
            )
            at = until
        for place in range(random.choice([0, 1, 1, 1, 1, 2])):
            self.application(f"a{number}_{place}", ident)
        for place in range(random.choice([0, 0, 1, 2])):
            self.interview(f"i{number}_{place}", ident)

    def application(self, ident: str, candidate: str) -> None:
        random = self.random
        outcome = random.choice(["PENDING", "HIRED", "DECLINED", None])
        self.add(
            "applications",
            ident,
            candidate_id=candidate,
            job_id=self.perhaps(f"j{random.randrange(9)}"),
            outcome=outcome,
            current_stage_id=self.perhaps(f"s{random.randrange(6)}"),
            hired_at=self.instant(150, 250) if outcome == "HIRED" else None,
            remote_created_at=self.perhaps(self.instant()),
        )
        if random.random() < 0.4:
            status = random.choice(["SENT", "ACCEPTED", "DECLINED", "ABANDONED", "DRAFT", None])
            created = self.perhaps(self.instant())
            application = self.perhaps(ident)
            self.add(
                "offers", f"o{ident}", application_id=application, status=status, remote_created_at=created
            )

    def interview(self, ident: str, candidate: str) -> None:
        random, start = self.random, self.perhaps(self.instant())
        end = None if start is None else start + timedelta(minutes=random.choice([30, 45, 50]))
        self.add(
            "interviews",
            ident,
            candidate_id=candidate,
            starting_at=start,
            ending_at=self.perhaps(end),
            canceled=self.perhaps(random.random() < 0.2),
        )
        for place in range(random.randrange(3)):
            user = self.perhaps(f"u{random.randrange(6)}")
            self.add("interviewing_team_members", f"m{ident}_{place}", interview_id=ident, user_id=user)

    def requisition(self, number: int) -> None:
        random, ident = self.random, f"q{number:02}"
        department = self.perhaps(random.choice("ABC"))
        self.add(
            "requisitions",
            ident,
            status=random.choice(["open", "open", "closed", "onHold"]),
            department=LONG if number % 7 == 0 else department,
            headcount_total=self.perhaps(random.randrange(4)),
            headcount_hired=self.perhaps(random.randrange(3)),
            opened_at=self.perhaps(self.instant(0, 100)),
            closed_at=self.perhaps(self.instant(100, 200), none=0.5),
            time_to_fill_end_at=self.perhaps(self.instant(100, 200), none=0.7),
        )
        for job in random.sample(range(9), random.randrange(3)):
            self.add("job_requisitions", f"l{ident}_{job}", job_id=f"j{job}", requisition_id=ident)


def world(seed: int, candidates: int) -> World:
    """Return a world of so many candidates."""
    made = World(Random(seed))
    for place in range(6):
        gone = FIRST if place == 5 else None
        made.rows.setdefault("application_stages", []).append(
            {"id": f"s{place}", "name": f"Stage {place}", "global_index": place, "remote_deleted_at": gone}
        )
    for number in range(8):
        made.add("jobs", f"j{number}", department=made.perhaps(made.random.choice("ABC"), none=0.2))
    made.rows["jobs"][0]["department"] = f"{LONG} A"
    for number in range(candidates):
        made.candidate(number)
    for place, row in enumerate(made.rows.get("candidates", ())[::9]):
        row["source"] = f"{LONG} {place}"
    for number in range(20 if candidates else 0):
        made.requisition(number)
    return made


_STAY = {"id", "candidate_id", "interview_id"}
_OF_OTHERS = {"offers": {"application_id"}, "job_requisitions": {"job_id", "requisition_id"}}
"""What a row belongs to never changes."""


def change_some(here: World, number: int) -> Rows:
    """Change some rows of some tables, and return them."""
    random, other = Random(number), world(number + 1_000, len(here.rows.get("candidates", ())))
    changed: dict[str, list[Row]] = {}
    for model in random.sample(sorted(here.rows), random.randrange(1, 4)):
        others = {row["id"]: row for row in other.rows.get(model, ())}
        rows = here.rows[model]
        for row in random.sample(rows, min(len(rows), random.randrange(1, 6))):
            stay = _STAY | _OF_OTHERS.get(model, set())
            new = others.get(row["id"], row).items()
            row |= {name: value for name, value in new if name not in stay and random.random() < 0.6}
            changed.setdefault(model, []).append(row)
    return changed


def put(store: Store, rows: Rows, at: datetime | None = None) -> None:
    """Write rows as a merge would, at an instant."""
    for model, some in rows.items():
        table = UNIFIED[model]
        nothing = dict.fromkeys(column.name for column in table.columns)
        with store.writing("lever", at) as tx:
            told = {"connection": "lever", "changed_at": tx.instant, "source_key": "", "content_hash": ""}
            upsert(
                tx.sql,
                table,
                [{**nothing, **told, **row} for row in some],
                replace=[name for name in nothing if name != "id"],
            )
            mark_changed(tx, model)


def whole_marts(store: Store) -> dict[str, pd.DataFrame]:
    """Return each mart made of the whole tables at once."""
    with store.reading("lever") as tx:
        frames = whole(tx)
    return {name: made.of(frames) for name, made in MADE.items()}


def plain(rows: pd.DataFrame) -> list[Row]:
    """Return the rows of a mart as Python's values, with rounded fractions, in an order of their own."""
    return sorted(map(_rounded, as_rows(rows)), key=repr)


def stored_marts(store: Store) -> dict[str, list[Row]]:
    """Return the rows of each mart's table, as `plain` does."""
    with store.reading("lever") as tx:
        found = {
            each.name: [dict(row) for row in tx.sql.execute(select(MART_TABLES[each.name])).mappings()]
            for each in MARTS
        }
    assert all(row.pop("connection") == "lever" for rows in found.values() for row in rows)
    return {name: sorted(map(_rounded, rows), key=repr) for name, rows in found.items()}


def stored_months(store: Store) -> set[tuple[str, ...]]:
    """Return all that is kept of the months in which units are counted."""
    with store.reading("lever") as tx:
        return {tuple(row) for row in tx.sql.execute(select(mart_months))}


def _rounded(row: Row) -> Row:
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in row.items()}
