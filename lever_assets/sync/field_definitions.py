"""Which fields an account has beyond the columns: described, counted, and kept in `custom_field_definitions`.

Examples tell of nobody: they are options that the account has defined, words that Lever documents, and common
values of a few fields of jobs (`KnownField.common`). No value of a candidate's or an offer's is one, and no
free text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue, ValidationError

from lever_assets.lever.records import RequisitionField, said
from lever_assets.mapping.context import Context
from lever_assets.mapping.offers import is_start_date
from lever_assets.mapping.rules.known_fields import KNOWN, KnownField
from lever_assets.policy.exclusion import Exclusion
from lever_assets.store import raw
from lever_assets.store.field_definitions import (
    FieldCount,
    FieldDefinition,
    count_fields,
    drop_definitions,
    in_order,
)
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import FIELDS_COUNTED
from lever_assets.sync.kept_fields import shown_fields
from lever_assets.unified.catalogue import MODELS

WITH_FIELDS: tuple[str, ...] = tuple(
    model.name for model in MODELS if "integration_fields" in model.row.model_fields
)
"""The models that have fields beyond their columns."""

_MOST_OPTIONS = 10
_MOST_VALUES = 5
MADE_FOR_JOBS = "requisition_fields"
"""The resource of Lever's with the fields that an account made for its requisitions."""
_ELSEWHERE = {"jobs": "posting", "candidates": "opportunity", "offers": "offer"}
"""Where a field stands in Lever that is none of those known."""


@dataclass(frozen=True)
class Field:
    """A field, the user's keys that it fills, and whether it is switched on."""

    definition: FieldDefinition
    names: tuple[str, ...]
    is_shown: bool


def has_fields(exclusion: Exclusion, model: str) -> bool:
    """Tell whether the fields of a model are kept, so that it can be told which there are."""
    kept = exclusion.keeps(model) and "integration_fields" not in exclusion.fields(model)
    return model in WITH_FIELDS and kept


def explore(tx: Transaction, ctx: Context, model: str) -> list[Field]:
    """Return the fields of a model as they are now. Reads all its rows."""
    shown = shown_fields(tx).get(model, frozenset())
    names = ctx.custom_fields.get(model, {})
    mine: dict[str, tuple[str, ...]] = {}
    for ours, key in names.items():
        mine[key] = (*mine.get(key, ()), ours)
    # The account's own come first: of two with one key a name means that one.
    return [
        Field(each, mine.pop(each.key, ()), each.key in shown) for each in definitions_now(tx, ctx, model)
    ]


def definitions_now(tx: Transaction, ctx: Context, model: str) -> list[FieldDefinition]:
    """Return the definitions of a model's fields, counted in its rows now."""
    common = [key for key, each in KNOWN.get(model, {}).items() if each.common]
    seen, counts = count_fields(tx, model, common=common, most=_MOST_VALUES)
    return described(ctx, model, counts, seen=seen, at=tx.instant, made=_requisition_fields(tx, model))


def described(
    ctx: Context,
    model: str,
    counts: Iterable[FieldCount],
    *,
    seen: int,
    at: datetime,
    made: Mapping[str, RequisitionField] | None = None,
) -> list[FieldDefinition]:
    """Return the definitions of a model's fields, in order: those counted, and those that nothing fills yet.

    `seen` is the number of live rows, `at` (UTC) when they were counted; `made` is what the account has made
    for its requisitions, by key.
    """
    known, made = KNOWN.get(model, {}), made or {}
    counted = {each.id: each for each in counts}
    for is_custom, key in [*((False, key) for key in known), *((True, key) for key in made)]:
        own = ctx.id("integration_fields", model, "CUSTOM" if is_custom else "DEFAULT", key)
        counted.setdefault(own, FieldCount(own, key, is_custom, None, 0, frozenset()))
    found = []
    for each in counted.values():
        lever = None if each.is_custom else known.get(each.key)
        account = made.get(each.key) if each.is_custom else None
        found.append(
            FieldDefinition(
                id=each.id,
                model=model,
                key=each.key,
                label=(lever.label if lever else account and said(account.text)) or each.label or each.key,
                type=(lever.type if lever else account and account.type) or _type_of(model, each),
                origin=_origin(model, each, lever),
                is_custom=each.is_custom,
                is_required=account.is_required if account else None,
                filled=each.filled,
                seen=seen,
                examples=_examples(lever, account, each.common),
                updated_at=at,
            )
        )
    return in_order(found)


def _type_of(model: str, counted: FieldCount) -> str | None:
    """Return the type that the values show."""
    if model == "offers" and is_start_date(counted.key) and counted.kinds <= {"number", "text"}:
        return "date"
    return "mixed" if len(counted.kinds) > 1 else next(iter(counted.kinds), None)


def _origin(model: str, counted: FieldCount, lever: KnownField | None) -> str:
    if lever is not None:
        return lever.origin
    return MADE_FOR_JOBS if counted.is_custom and model == "jobs" else _ELSEWHERE[model]


def _examples(
    lever: KnownField | None, account: RequisitionField | None, values: tuple[str, ...]
) -> tuple[str, ...]:
    if lever is not None:
        return values if lever.common else lever.words
    options = account.options if account is not None and isinstance(account.options, list) else []
    texts = (_option(each) for each in options)
    return tuple(dict.fromkeys(each for each in texts if each))[:_MOST_OPTIONS]


def _option(option: JsonValue) -> str | None:
    """Return the text of an option: Lever gives a text, or an object with one."""
    told = option.get("text") if isinstance(option, dict) else option
    return said(told) if isinstance(told, str) else None


def defined_keys(tx: Transaction, model: str) -> set[str]:
    """Return the keys of the fields that a model has even while no row fills them."""
    return {*KNOWN.get(model, {}), *_requisition_fields(tx, model)}


def _requisition_fields(tx: Transaction, model: str) -> dict[str, RequisitionField]:
    """Return what the account has made for its requisitions, by key; what can't be read is left out."""
    found = {}
    for row in raw.all_live(tx, MADE_FOR_JOBS) if model == "jobs" else ():
        try:
            each = RequisitionField.parse(row.data)
        except ValidationError:  # the mapping of jobs tells of it
            continue
        found[each.id] = each
    return found


def drop_excluded(tx: Transaction, exclusion: Exclusion) -> None:
    """Forget the definitions of fields that are not kept any more."""
    for model in WITH_FIELDS:
        if not has_fields(exclusion, model):
            drop_definitions(tx, model)
            FIELDS_COUNTED.forget(tx, model)
