"""What the user has decided of an account's fields, kept with the connection: names, and which are shown.

Nothing of Lever's is asked or changed by it. Every function but `with_kept` is called in a transaction.
"""

from collections.abc import Collection, Mapping

from lever_assets.store import chosen_fields
from lever_assets.store.transaction import Transaction

Names = Mapping[str, Mapping[str, str]]
"""By model, the user's keys and the key of Lever's field that fills each."""
UNMAPPED = ""
"""In the place of a field's key: nothing fills the user's key, whatever the file says."""


def kept_names(tx: Transaction) -> Names:
    """Return the names that were made by `keep_name`."""
    return chosen_fields.mapped(tx)


def keep_name(tx: Transaction, model: str, ours: str, theirs: str) -> None:
    """Let the user's key `ours` be filled by Lever's field `theirs`; the next sync maps the model anew."""
    chosen_fields.keep_mapped(tx, model, {ours: theirs})


def forget_name(tx: Transaction, model: str, ours: str) -> None:
    """Forget one of the user's keys."""
    chosen_fields.forget_mapped(tx, model, ours)


def with_kept(in_file: Names, kept: Names) -> Names:
    """Return the names in force: those of the file, and over them those that are kept."""
    models = dict.fromkeys((*in_file, *kept))
    return {model: {**in_file.get(model, {}), **kept.get(model, {})} for model in models}


def shown_fields(tx: Transaction) -> Mapping[str, frozenset[str]]:
    """Return, by model, the keys of the fields that are switched on: an API shows these and no others."""
    return chosen_fields.shown(tx)


def switch_fields(tx: Transaction, model: str, keys: Collection[str], *, on: bool) -> None:
    """Switch some fields of a model on or off."""
    switch = chosen_fields.keep_shown if on else chosen_fields.forget_shown
    switch(tx, model, keys)
