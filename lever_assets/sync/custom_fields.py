"""The file of LEVER_CUSTOM_FIELDS, and whether any record has the fields named there or by `fields map`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store
from lever_assets.store.reads import field_keys, is_filled
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import MISSED, Missed
from lever_assets.sync.field_definitions import defined_keys
from lever_assets.sync.kept_fields import UNMAPPED, Names, kept_names, with_kept
from lever_assets.unified.catalogue import MODELS

POSSIBLE: tuple[str, ...] = tuple(model.name for model in MODELS if "custom_fields" in model.row.model_fields)
"""The models that have custom fields."""

_NAMES = TypeAdapter(dict[str, dict[str, str]])
_SHOWN = 50
_EXAMPLE = 'write it like {"candidates": {"first_contact": "origin"}}'


def read_names(path: Path | None) -> Names:
    """Return what the file says; raises SettingsError when it can't be read or names what does not exist."""
    if path is None:
        return {}
    try:
        names = _NAMES.validate_python(json.loads(path.read_text(encoding="utf-8")), strict=True)
    except OSError as error:
        raise SettingsError(
            f"LEVER_CUSTOM_FIELDS: {path} can't be read ({error.strerror}); give a readable JSON file."
        ) from None
    except json.JSONDecodeError as error:
        raise SettingsError(
            f"LEVER_CUSTOM_FIELDS: {path} is not a JSON object of model -> your key -> Lever's field key: "
            f"line {error.lineno}, column {error.colno}: {error.msg}."
        ) from None
    except (ValueError, ValidationError, RecursionError):
        raise SettingsError(
            f"LEVER_CUSTOM_FIELDS: {path} is not a JSON object of model -> your key -> Lever's field key; "
            f"{_EXAMPLE}."
        ) from None
    unknown = sorted(set(names) - set(POSSIBLE))
    if unknown:
        raise SettingsError(
            f"LEVER_CUSTOM_FIELDS: {path} names {', '.join(map(repr, unknown))}; the models that have custom "
            f"fields are {', '.join(POSSIBLE)}."
        )
    return names


@dataclass(frozen=True)
class Unmatched:
    """Fields that no record of a model has, by the user's key, and the keys of those that there are."""

    model: str
    missing: Mapping[str, str]
    there_are: tuple[str, ...]

    def __str__(self) -> str:
        wanted = ", ".join(f"{theirs!r} (for {ours!r})" for ours, theirs in self.missing.items())
        listed = ", ".join(self.there_are[:_SHOWN])
        more = len(self.there_are) - _SHOWN
        return (
            f"no record of {self.model} has the field {wanted}, named in LEVER_CUSTOM_FIELDS or by "
            f"`fields map`; the fields of {self.model} are "
            f"{listed}{f' and {more:,} more' if more > 0 else ''}"
        )


def compare(tx: Transaction, model: str, names: Names) -> None:
    """Look which of the fields wanted of a model none of its rows has, and keep it for `unmatched`.

    Reads the rows: call it when they have changed. Nothing is found missing while there is no field at all.
    """
    wanted = names.get(model, {})
    empty = {
        ours: theirs
        for ours, theirs in wanted.items()
        if theirs != UNMAPPED and not is_filled(tx, model, "custom_fields", ours)
    }
    defined = defined_keys(tx, model) if empty else set()
    unknown = {ours: key for ours, key in empty.items() if key not in defined}
    known = field_keys(tx, model, "integration_fields") if unknown else set()
    missing = {ours: key for ours, key in unknown.items() if key not in known}
    if missing and known:
        MISSED.keep(tx, Missed(missing, tuple(sorted(known))), model)
    else:
        MISSED.forget(tx, model)


def unmatched(tx: Transaction, models: Iterable[str], names: Names) -> list[Unmatched]:
    """Return what `compare` found last, of the fields that are still wanted."""
    found = []
    for model in models:
        kept, wanted = MISSED.read(tx, model), names.get(model, {})
        if kept is not None:
            still = {ours: key for ours, key in kept.missing.items() if wanted.get(ours) == key}
            if still:
                found.append(Unmatched(model, still, kept.there_are))
    return found


def doubts_on_fields(store: Store, settings: Settings) -> list[str]:
    """Return a sentence for each model that has not all the fields that are wanted of it."""
    in_file = read_names(settings.custom_fields)
    with store.reading(settings.connection) as tx:
        names = with_kept(in_file, kept_names(tx))
        there = [model for model in names if model not in settings.exclude]
        return [str(each) for each in unmatched(tx, there, names)]
