"""What the user has decided of an account's fields, kept with the connection: names, and which are shown.

Nothing of Lever's is asked or changed by it. Every function is called in a transaction; those that write take
the account's row of landings first, so that of two at once neither undoes the other's.
"""

from collections.abc import Collection, Mapping

from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import FIELD_NAMES, SHOWN_FIELDS

Names = Mapping[str, Mapping[str, str]]
"""By model, the user's keys and the key of Lever's field that fills each."""


def kept_names(tx: Transaction) -> Names:
    """Return the names that were made by `keep_name`."""
    return FIELD_NAMES.read(tx) or {}


def keep_name(tx: Transaction, model: str, ours: str, theirs: str) -> None:
    """Let the user's key `ours` be filled by Lever's field `theirs`; the next sync maps the model anew."""
    tx.hold_landings()
    names = FIELD_NAMES.read(tx) or {}
    FIELD_NAMES.keep(tx, {**names, model: {**names.get(model, {}), ours: theirs}})


def forget_name(tx: Transaction, model: str, ours: str) -> None:
    """Forget one of the user's keys."""
    tx.hold_landings()
    names = FIELD_NAMES.read(tx) or {}
    left = {key: theirs for key, theirs in names.get(model, {}).items() if key != ours}
    FIELD_NAMES.keep(tx, {**names, model: left})


def with_kept(in_file: Names, kept: Names) -> Names:
    """Return the names in force: those of the file, and over them those that are kept."""
    models = dict.fromkeys((*in_file, *kept))
    return {model: {**in_file.get(model, {}), **kept.get(model, {})} for model in models}


def shown_fields(tx: Transaction) -> Mapping[str, frozenset[str]]:
    """Return, by model, the keys of the fields that are switched on: an API shows these and no others."""
    return {model: frozenset(keys) for model, keys in (SHOWN_FIELDS.read(tx) or {}).items()}


def switch_fields(tx: Transaction, model: str, keys: Collection[str], *, on: bool) -> None:
    """Switch some fields of a model on or off."""
    tx.hold_landings()
    shown = SHOWN_FIELDS.read(tx) or {}
    before = frozenset(shown.get(model, ()))
    after = before | frozenset(keys) if on else before - frozenset(keys)
    SHOWN_FIELDS.keep(tx, {**shown, model: tuple(sorted(after))})
