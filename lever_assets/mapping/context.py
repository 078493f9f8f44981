"""What the mapping of a record needs to know besides the record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from lever_assets.lever.records import JsonObject, Record
from lever_assets.unified.ids import joined, unified_id

# References to stages, postings, users and fields repeat all over an account; what does not repeat takes
# 350 bytes each.
_cached_id = lru_cache(maxsize=16_384)(unified_id)


@dataclass(frozen=True)
class Context:
    """The connection that records come through and what the user has set.

    `custom_fields` are the user's names: for each model, the user's keys and the key of the integration
    field that fills each. `remote_data` False leaves Lever's raw objects out of the rows. Ids are made of
    `named_at_first`, the name that the connection was made with (empty: the one that it has).
    """

    connection: str
    remote_data: bool = True
    custom_fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    named_at_first: str = ""

    def id(self, model: str, *remote_ids: str) -> str:
        """Return our id of a record; several remote ids are those that a join row joins."""
        return _cached_id(self.named_at_first or self.connection, model, joined(*remote_ids))

    def reference(self, model: str, remote_id: str | None) -> str | None:
        """Return our id of the record that `remote_id` points to; null stays null."""
        return self.id(model, remote_id) if remote_id else None

    def remote(self, endpoint: str, record: Record | None) -> JsonObject | None:
        """Return `{endpoint: raw object}`; null when it is switched off or there is no record."""
        return {endpoint: record.raw} if self.remote_data and record is not None else None
