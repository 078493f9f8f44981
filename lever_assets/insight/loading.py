"""The tables as the marts read them: whole, or of some candidates, interviews, offers or requisitions alone.

Rows are found by ids, which no two connections share: with the connection as a condition SQLite would go
through all rows of the account.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd

from lever_assets.frames.frame import as_frame
from lever_assets.insight.marts.common import READS, Frames
from lever_assets.store.selecting import Asked, fields, in_batches
from lever_assets.store.transaction import Transaction
from lever_assets.unified.enums import ApplicationOutcome
from lever_assets.unified.marts import BY_NAME as MARTS

_ROWS_AT_ONCE = 10_000


def whole(tx: Transaction) -> Frames:
    """Return all that the marts read of the account."""
    return {model: _read(tx, Asked(table=model, columns=columns)) for model, columns in READS.items()}


def mart_rows(tx: Transaction, mart: str) -> pd.DataFrame:
    """Return all rows of a mart of the account, without the connection."""
    declared = MARTS[mart]
    return _read(tx, Asked(table=declared.table, columns=declared.columns))


def of_units(tx: Transaction, counts: str, units: Collection[str]) -> Frames:
    """Return what the marts read to count these units: ids of rows of the model `counts`."""
    found = _LOADERS[counts](tx, units)
    nothing = {model: _nothing(model) for model in READS if model not in found}
    return {**nothing, **found}


def _candidates(tx: Transaction, units: Collection[str]) -> dict[str, pd.DataFrame]:
    applications = _of(tx, "applications", candidate_id=units)
    return {
        "candidates": _of(tx, "candidates", id=units),
        "applications": applications,
        "application_stage_changes": _of(tx, "application_stage_changes", candidate_id=units),
        "application_stages": _read(
            tx, Asked(table="application_stages", columns=READS["application_stages"])
        ),
        "jobs": _of(tx, "jobs", id=_ids(applications["job_id"])),
        "interviews": _of(tx, "interviews", candidate_id=units),
        "offers": _of(tx, "offers", application_id=_ids(applications["id"])),
    }


def _interviews(tx: Transaction, units: Collection[str]) -> dict[str, pd.DataFrame]:
    return {
        "interviews": _of(tx, "interviews", id=units),
        "interviewing_team_members": _of(tx, "interviewing_team_members", interview_id=units),
    }


def _offers(tx: Transaction, units: Collection[str]) -> dict[str, pd.DataFrame]:
    offers = _of(tx, "offers", id=units)
    applications = _of(tx, "applications", id=_ids(offers["application_id"]))
    return {
        "offers": offers,
        "applications": applications,
        "jobs": _of(tx, "jobs", id=_ids(applications["job_id"])),
    }


def _requisitions(tx: Transaction, units: Collection[str]) -> dict[str, pd.DataFrame]:
    linked = _of(tx, "job_requisitions", requisition_id=units)
    jobs = _ids(linked["job_id"])
    return {
        "requisitions": _of(tx, "requisitions", id=units),
        "job_requisitions": linked,
        "jobs": _of(tx, "jobs", id=jobs),
        "applications": _of(tx, "applications", job_id=jobs, outcome=[ApplicationOutcome.PENDING]),
    }


_LOADERS = {
    "candidates": _candidates,
    "interviews": _interviews,
    "offers": _offers,
    "requisitions": _requisitions,
}


def _ids(column: pd.Series) -> list[str]:
    return list(column.dropna().unique())


def _of(tx: Transaction, model: str, **where: Collection[str]) -> pd.DataFrame:
    these: Mapping[str, object] = {name: list(values) for name, values in where.items()}
    return _read(tx, Asked(table=model, columns=READS[model], where=these, all_connections=True))


def _read(tx: Transaction, asked: Asked) -> pd.DataFrame:
    return as_frame(fields(asked), in_batches(tx, asked, _ROWS_AT_ONCE))


def _nothing(model: str) -> pd.DataFrame:
    return as_frame(fields(Asked(table=model, columns=READS[model])), ())


def live_values(tx: Transaction, model: str, columns: Collection[str]) -> dict[str, str]:
    """Return what some columns say in each live row of a model, as one text, by id."""
    found = _read(tx, Asked(table=model, columns=["id", *columns]))
    return {row[0]: "\n".join("" if pd.isna(each) else str(each) for each in row[1:]) for row in _rows(found)}


def _rows(found: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    yield from found.itertuples(index=False, name=None)
