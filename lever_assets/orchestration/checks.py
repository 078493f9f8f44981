"""The asset checks: of raw assets, made by reading, and of the unified models, made when all are mapped.

Those of the models are generated from the catalogue.
"""

from collections.abc import Callable, Collection, Iterator
from typing import assert_never

import dagster as dg

from lever_assets.insight.answers import why_not_counted
from lever_assets.insight.standing import changed_below, shortcomings
from lever_assets.lever.resources import (
    Child,
    Embedded,
    Long,
    Resource,
    Snapshot,
    Windowed,
)
from lever_assets.orchestration.asset_keys import Keys
from lever_assets.orchestration.failures import for_events
from lever_assets.orchestration.names import COMPLETE, FIGURES, MAPPED, REFERENCES, UNIQUE, UP_TO_DATE
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import Settings
from lever_assets.store import mapping_errors, reads
from lever_assets.store.mapping_errors import Lost
from lever_assets.store.transaction import Transaction
from lever_assets.sync.reports import LandReport
from lever_assets.sync.session import Scope
from lever_assets.unified.catalogue import Model
from lever_assets.unified.marts import EEO, EVERY_MART, Mart

_SHOWN = 10

Result = tuple[bool, str, dict[str, dg.MetadataValue | int]]
Question = Callable[[Transaction, str, Exclusion], Result]


def complete_spec(asset: dg.AssetKey) -> dg.AssetCheckSpec:
    """Return the check of a raw asset, which is made by reading it: so it is known what was listed."""
    return dg.AssetCheckSpec(
        COMPLETE,
        asset=asset,
        description=(
            "The key may read this resource, and all that Lever listed is in the table; when it was "
            "read whole, nothing else is. What lies below other records was read below each of them."
        ),
    )


def complete(
    key: dg.AssetKey, report: LandReport, live: int, resource: Resource, scope: Scope
) -> dg.AssetCheckResult:
    """Pass when the table holds what Lever listed; what lacks an id or could not be read warns."""
    if report.skipped:
        return dg.AssetCheckResult(
            asset_key=key,
            check_name=COMPLETE,
            passed=False,
            description=for_events(report.skipped),
            metadata={"skipped": True},
        )
    listed, unread = report.counts.seen + report.set_aside, report.unread
    told = f"{report.counts.seen:,} of the {listed:,} records that Lever listed are in the table"
    if unread.count:
        told = (
            f"{told}; what lies below {unread.count:,} records could not be read and is asked for again from "
            f"{unread.next_at:%Y-%m-%d %H:%M} UTC on"
        )
    if report.set_aside:
        told = f"{told}; {report.set_aside:,} came without an id"
    differs = _is_whole(resource, scope) and live != report.counts.seen
    if differs:
        told = f"{told}, which holds {live:,} in all"
    if report.left is not None:
        told = f"{told}; {report.left}"
    if report.held_back:
        told = f"{told}; {report.held_back:,} that Lever did not list are kept, as so many may be a mistake"
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=COMPLETE,
        passed=not (report.set_aside or unread.count or differs or report.held_back or report.left),
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{told}.",
        metadata={
            "listed": listed,
            "in_table": live,
            "without_id": report.set_aside,
            "unread": unread.count,
            "held_back": report.held_back,
            "history_left": 0 if report.left is None else report.left.parents,
        },
    )


def _is_whole(resource: Resource, scope: Scope) -> bool:
    """Tell whether what Lever listed is all that the table may hold."""
    match resource:
        case Snapshot() | Long():
            return True
        case Windowed():
            return scope.bounds.everything and not (scope.delta or scope.reconcile)
        case Child() | Embedded():
            return False
        case _:
            assert_never(resource)


def results(
    tx: Transaction, chosen: Collection[dg.AssetCheckKey], keys: Keys, exclusion: Exclusion
) -> list[dg.AssetCheckResult]:
    """Make those of these checks that are of models; what LEVER_EXCLUDE leaves out is not asked after.

    Not before all models are filled: a reference to one that is not would lead nowhere.
    """
    made = (key for key in sorted(chosen, key=str) if key.name in _QUESTIONS)
    return [_result(key, keys.table(key.asset_key), tx, exclusion) for key in made]


def mapped(tx: Transaction, key: dg.AssetKey, model: str) -> dg.AssetCheckResult:
    """Make the check whether every record could be mapped, of one model."""
    return _result(dg.AssetCheckKey(key, MAPPED), model, tx, Exclusion())


def model_specs_of(keys: Keys, model: Model, exclusion: Exclusion) -> Iterator[dg.AssetCheckSpec]:
    """Yield the checks of a model."""
    key = keys.model(model.name)
    yield dg.AssetCheckSpec(UNIQUE, asset=key, description="No record of Lever stands on two rows.")
    yield dg.AssetCheckSpec(MAPPED, asset=key, description="Every record could be mapped whole.")
    referenced = sorted({name for _, name in model.references()} - {model.name} - exclusion.models)
    if referenced:
        yield dg.AssetCheckSpec(
            REFERENCES,
            asset=key,
            additional_deps=[keys.model(name) for name in referenced],
            description=f"Every reference to {', '.join(referenced)} leads to a row.",
        )


def mart_specs_of(keys: Keys, mart: Mart) -> Iterator[dg.AssetCheckSpec]:
    """Yield the checks of a mart."""
    key = keys.mart(mart.name)
    if mart is EEO:
        yield dg.AssetCheckSpec(FIGURES, asset=key, description="No group is of fewer than five.")
        yield dg.AssetCheckSpec(UP_TO_DATE, asset=key, description="The last full sync counted the answers.")
        return
    yield dg.AssetCheckSpec(
        FIGURES,
        asset=key,
        description="Each key comes once, rates are between 0 and 1, counts add up to what the tables have.",
    )
    yield dg.AssetCheckSpec(
        UP_TO_DATE,
        asset=key,
        additional_deps=[keys.model(name) for name in mart.reads],
        description="None of the tables that it is made of has changed since it was made.",
    )


def mart_results(
    tx: Transaction, chosen: Collection[dg.AssetCheckKey], keys: Keys, settings: Settings
) -> list[dg.AssetCheckResult]:
    """Make those of these checks that are of marts."""
    marts = {keys.mart(mart.name): mart.name for mart in EVERY_MART}
    return [
        _mart_result(key, marts[key.asset_key], tx, settings)
        for key in sorted(chosen, key=str)
        if key.asset_key in marts
    ]


def _mart_result(
    key: dg.AssetCheckKey, mart: str, tx: Transaction, settings: Settings
) -> dg.AssetCheckResult:
    from lever_assets.insight.checking import faults  # noqa: PLC0415 - with pandas: not for definitions

    if key.name == FIGURES:
        wrong = faults(tx, mart)
        told = f"{'; '.join(wrong)}." if wrong else "Keys, rates and sums are as they have to be."
    elif mart == EEO.name:
        why = why_not_counted(tx)
        wrong, told = (
            ([], "The last full sync counted the answers.") if why is None else ([mart], for_events(why))
        )
    else:
        wrong = changed_below(tx, mart)
        told = f"Changed since: {', '.join(wrong)}." if wrong else "Nothing has changed since."
        short = shortcomings(tx, settings).get(mart)  # no fault of the mart: an account may have no offers
        told = told if wrong or short is None else f"{told} {short}"
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not wrong,
        severity=dg.AssetCheckSeverity.ERROR if key.name == FIGURES else dg.AssetCheckSeverity.WARN,
        description=told,
        metadata={"count": len(wrong)},
    )


def _result(key: dg.AssetCheckKey, model: str, tx: Transaction, exclusion: Exclusion) -> dg.AssetCheckResult:
    question, severity = _QUESTIONS[key.name]
    passed, told, metadata = question(tx, model, exclusion)
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=passed,
        severity=severity,
        description=told,
        metadata=metadata,
    )


def _unique(tx: Transaction, model: str, _exclusion: Exclusion) -> Result:
    found = reads.duplicates(tx, model)
    if not found.count:
        rows = reads.count(tx, model).live
        return True, f"Every record stands on one row; there are {rows:,}.", {"count": 0, "rows": rows}
    examples = ", ".join(found.examples)
    return (
        False,
        f"{found.count:,} remote ids stand on several rows, such as {examples}.",
        {"count": found.count},
    )


def _references(tx: Transaction, model: str, exclusion: Exclusion) -> Result:
    every = reads.dangling(tx, model)
    found = [each for each in every if exclusion.keeps(each.referenced)]
    if not found:
        rows = reads.count(tx, model).live
        return (
            True,
            f"Every reference leads to a row; {rows:,} rows were looked at.",
            {"count": 0, "rows": rows},
        )
    total = sum(each.count for each in found)
    columns = dg.TableSchema.from_name_type_dict(
        {"column": "string", "missing_in": "string", "rows": "int", "examples": "string"}
    )
    records = [
        dg.TableRecord(
            {
                "column": each.column,
                "missing_in": each.referenced,
                "rows": each.count,
                "examples": ", ".join(each.examples),
            }
        )
        for each in found
    ]
    return (
        False,
        f"{total:,} references lead to rows that never arrived.",
        {"count": total, "references": dg.MetadataValue.table(records=records, schema=columns)},
    )


def _mapped(tx: Transaction, model: str, _exclusion: Exclusion) -> Result:
    set_aside = mapping_errors.count(tx, model, lost=Lost.RECORD)
    in_part = mapping_errors.count(tx, model, lost=Lost.FIELD)
    if not set_aside and not in_part:
        return True, "Every record could be mapped.", {"count": 0, "in_part": 0}
    names = ("resource", "remote_id", "lost", "reason")
    records = [
        dg.TableRecord({name: for_events(str(getattr(each, name))) for name in names})
        for each in mapping_errors.listed(tx, model, limit=_SHOWN)
    ]
    newest = dg.MetadataValue.table(
        records=records, schema=dg.TableSchema.from_name_type_dict(dict.fromkeys(names, "string"))
    )
    told = [
        f"{set_aside:,} records could not be mapped and are set aside in mapping_errors." * bool(set_aside),
        f"{in_part:,} were mapped without a field that could not be read." * bool(in_part),
    ]
    return False, " ".join(filter(None, told)), {"count": set_aside, "in_part": in_part, "newest": newest}


_QUESTIONS: dict[str, tuple[Question, dg.AssetCheckSeverity]] = {
    UNIQUE: (_unique, dg.AssetCheckSeverity.ERROR),
    REFERENCES: (_references, dg.AssetCheckSeverity.WARN),
    MAPPED: (_mapped, dg.AssetCheckSeverity.WARN),
}
