"""What a creation answers: the rows that it left in the tables, as the lists give them out.

Where the settings keep them out of the tables, what the action itself has to tell.
"""

from collections.abc import Callable
from typing import Any

from pydantic import JsonValue

from lever_assets.api.connection import Connection
from lever_assets.api.shapes import acted
from lever_assets.lever import JsonObject
from lever_assets.store import Store, chosen_fields
from lever_assets.store.pages import Asked, page_of
from lever_assets.store.transaction import Transaction

Row = dict[str, Any]
Showing = Callable[[Store, Connection, JsonObject], Row]
"""Of a connection and the data of the action, what is answered."""
_SMALL_STAGE = ("id", "name", "remote_id", "index")
_NOT_OF_CREATION = frozenset({"interviews", "offers"})


def candidate(store: Store, connection: Connection, data: JsonObject) -> Row:
    """Return a candidate that was created, with its applications and tags; raises StoreError."""
    with store.reading(connection.name) as tx:
        found = _row(tx, connection, "candidates", data.get("id"))
        own = _with_shown_fields(tx, "candidates", data)
    return acted.created_candidate(own) if found is None else found


def application(store: Store, connection: Connection, data: JsonObject) -> Row:
    """Return an application that was created, with its candidate, stage and job; raises StoreError."""
    with store.reading(connection.name) as tx:
        found = _row(tx, connection, "applications", data.get("id"))
        person = _row(tx, connection, "candidates", data.get("candidate_id"))
        own = _with_shown_fields(tx, "applications", data)
        whose = data.get("candidate")
        if isinstance(whose, dict):
            own["candidate"] = _with_shown_fields(tx, "candidates", whose)
    if found is None:
        return acted.created_application(own)
    shown = {name: value for name, value in found.items() if name not in _NOT_OF_CREATION}
    stage = found["current_stage"]
    if stage is not None:
        shown["current_stage"] = {name: stage[name] for name in _SMALL_STAGE}
    if person is not None:
        shown["candidate"] = {name: value for name, value in person.items() if name != "applications"}
    return shown


def _with_shown_fields(tx: Transaction, model: str, data: JsonObject) -> JsonObject:
    """Return a record of an action's data with those of Lever's further fields that are switched on."""
    fields, given = chosen_fields.shown(tx).get(model, frozenset()), data.get("integration_fields")
    listed = given if isinstance(given, list) else []
    shown: list[JsonValue] = [each for each in listed if isinstance(each, dict) and each.get("key") in fields]
    return {**data, "integration_fields": shown}


def _row(tx: Transaction, connection: Connection, model: str, row_id: object) -> Row | None:
    wanted = {"ids": (str(row_id),)}
    asked = Asked(size=1, filters=wanted, remote_data=connection.settings.remote_data)
    return next(iter(page_of(tx, model, asked).rows), None)
