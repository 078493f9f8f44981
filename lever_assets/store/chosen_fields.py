"""What the user has decided of an account's fields: names of their own, and which are shown.

In tables of their own, and not among the checkpoints: nothing finds it again.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select

from lever_assets.store.dialects import among, upsert
from lever_assets.store.tables import mapped_fields, shown_fields
from lever_assets.store.transaction import Transaction


def mapped(tx: Transaction) -> dict[str, dict[str, str]]:
    """Return, by model, the user's keys and the key of the field that fills each."""
    c = mapped_fields.c
    query = select(c.model, c.name, c.field).where(c.connection == tx.account).order_by(c.model, c.name)
    found: dict[str, dict[str, str]] = {}
    for model, name, field in tx.sql.execute(query):
        found.setdefault(model, {})[name] = field
    return found


def keep_mapped(tx: Transaction, model: str, fields: Mapping[str, str]) -> None:
    """Let each of the user's keys be filled by a field."""
    rows = [
        {"connection": tx.account, "model": model, "name": name, "field": fields[name]}
        for name in sorted(fields)
    ]
    upsert(tx.sql, mapped_fields, rows, replace=("field",))


def forget_mapped(tx: Transaction, model: str, name: str) -> None:
    """Forget one of the user's keys."""
    c = mapped_fields.c
    mine = (c.connection == tx.account, c.model == model, c.name == name)
    tx.sql.execute(delete(mapped_fields).where(*mine))


def shown(tx: Transaction) -> dict[str, frozenset[str]]:
    """Return, by model, the keys of the fields that are switched on."""
    c = shown_fields.c
    found: dict[str, set[str]] = {}
    for model, field in tx.sql.execute(select(c.model, c.field).where(c.connection == tx.account)):
        found.setdefault(model, set()).add(field)
    return {model: frozenset(fields) for model, fields in found.items()}


def keep_shown(tx: Transaction, model: str, fields: Collection[str]) -> None:
    """Switch fields of a model on."""
    rows = [{"connection": tx.account, "model": model, "field": field} for field in sorted(set(fields))]
    upsert(tx.sql, shown_fields, rows)


def forget_shown(tx: Transaction, model: str, fields: Collection[str]) -> None:
    """Switch fields of a model off."""
    c = shown_fields.c
    these = among(tx.sql, c.field, fields)
    tx.sql.execute(delete(shown_fields).where(c.connection == tx.account, c.model == model, these))
