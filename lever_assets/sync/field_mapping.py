"""The fields of a connection by their ids, as the HTTP API and its page have them: shown, and given names."""

from dataclasses import dataclass

from lever_assets.store.field_definitions import FieldDefinition, definitions
from lever_assets.store.transaction import Transaction
from lever_assets.sync.custom_fields import POSSIBLE
from lever_assets.sync.field_definitions import WITH_FIELDS, described, has_fields
from lever_assets.sync.kept_fields import UNMAPPED, keep_name, shown_fields, switch_fields
from lever_assets.sync.run import replay
from lever_assets.sync.session import Session


class NoFieldError(Exception):
    """There is no such field, or it can't be meant here; says so in a sentence."""


@dataclass(frozen=True)
class KnownField:
    """A field of Lever's, and whether it is switched on."""

    definition: FieldDefinition
    is_shown: bool


@dataclass(frozen=True)
class OwnField:
    """A key of the user's own in the column `custom_fields` of a model, and the field that fills it."""

    id: str
    model: str
    key: str
    filled_by: FieldDefinition | None


def known_fields(session: Session, tx: Transaction) -> list[KnownField]:
    """Return the fields that a connection has, by id, as the last sync counted them; before it Lever's."""
    shown = shown_fields(tx)
    found = [
        KnownField(each, each.key in shown.get(model, ()))
        for model in WITH_FIELDS
        if has_fields(session.exclusion, model)
        for each in _definitions(session, tx, model)
    ]
    return sorted(found, key=lambda each: each.definition.id)


def own_fields(session: Session, tx: Transaction) -> list[OwnField]:
    """Return the user's own keys, by id: those of the file, and those that were made since."""
    found = []
    for model in POSSIBLE:
        if "custom_fields" in session.exclusion.fields(model) or not session.exclusion.keeps(model):
            continue
        names = session.mapping.custom_fields.get(model, {})
        # The account's own come first: of two with one key a name means that one.
        by_key: dict[str, FieldDefinition] = {}
        for each in _definitions(session, tx, model) if names else ():
            by_key.setdefault(each.key, each)
        found += [
            OwnField(session.mapping.id("custom_fields", model, ours), model, ours, by_key.get(theirs))
            for ours, theirs in names.items()
        ]
    return sorted(found, key=lambda each: each.id)


def show(session: Session, tx: Transaction, field_id: str, *, on: bool) -> KnownField:
    """Switch a field on or off; raises NoFieldError."""
    field = next((each for each in known_fields(session, tx) if each.definition.id == field_id), None)
    if field is None:
        raise NoFieldError("there is no such integration field")
    switch_fields(tx, field.definition.model, [field.definition.key], on=on)
    return KnownField(field.definition, is_shown=on)


def fill(session: Session, tx: Transaction, own_id: str, field_id: str | None) -> tuple[OwnField, bool]:
    """Let a key of the user's own be filled by a field, or by none.

    Returns it as it is then, and whether that is news: then `remap` maps its model anew. Raises NoFieldError.
    """
    own = next((each for each in own_fields(session, tx) if each.id == own_id), None)
    if own is None:
        raise NoFieldError("there is no such custom field")
    chosen = None
    if field_id is not None:
        listed = (each for each in _definitions(session, tx, own.model) if each.id == field_id)
        chosen = next(listed, None)
        if chosen is None:
            raise NoFieldError(f"the {own.model} have no such integration field")
    keep_name(tx, own.model, own.key, UNMAPPED if chosen is None else chosen.key)
    before = own.filled_by and own.filled_by.key
    return OwnField(own.id, own.model, own.key, chosen), before != (chosen and chosen.key)


def remap(session: Session, models: list[str]) -> bool:
    """Map models anew from what was read, without asking Lever; tells whether any row is another now.

    Raises BusyError while a sync is under way, which, or the next of which, does it.
    """
    return any(each.counts.changed for each in replay(session, models))


def _definitions(session: Session, tx: Transaction, model: str) -> list[FieldDefinition]:
    if not has_fields(session.exclusion, model):
        return []
    return definitions(tx, model) or described(session.mapping, model, (), seen=0, at=tx.instant)
