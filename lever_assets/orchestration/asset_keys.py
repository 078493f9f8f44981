"""The keys of an account's assets in Dagster, by the tables that they are of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import dagster as dg

from lever_assets.lever.resources import BY_NAME
from lever_assets.unified.marts import BY_NAME as MARTS


@dataclass(frozen=True)
class Keys:
    """The keys of an account's assets, by their tables; also of those that its settings leave out."""

    by_table: Mapping[str, dg.AssetKey]

    def raw(self, resource: str) -> dg.AssetKey:
        """Return the key of the asset that lands a resource."""
        return self.by_table[BY_NAME[resource].table]

    def model(self, model: str) -> dg.AssetKey:
        """Return the key of a unified model's asset."""
        return self.by_table[model]

    def mart(self, mart: str) -> dg.AssetKey:
        """Return the key of a mart's asset."""
        return self.by_table[MARTS[mart].table]

    def table(self, key: dg.AssetKey) -> str:
        """Return the table of an asset of this account."""
        return self._tables[key]

    def __iter__(self) -> Iterator[dg.AssetKey]:
        return iter(self.by_table.values())

    @cached_property
    def _tables(self) -> Mapping[dg.AssetKey, str]:
        return {key: table for table, key in self.by_table.items()}
