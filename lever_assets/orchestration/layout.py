"""How the assets of accounts are called and shown in Dagster: the one place that knows their keys."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import dagster as dg

from lever_assets.insight.standing import VERSION as MARTS_VERSION
from lever_assets.lever.resources import RESOURCES, Embedded
from lever_assets.mapping import MAPPING_VERSION
from lever_assets.orchestration.asset_keys import Keys
from lever_assets.orchestration.metadata import mart_definition, model_definition, raw_definition
from lever_assets.orchestration.names import (
    CONNECTION_TAG,
    FLOOR_TAG,
    TABLE_TAG,
    insight_group,
    mart_group,
    model_group,
    raw_group,
)
from lever_assets.settings import SettingsError
from lever_assets.unified.catalogue import ALL_MODELS, BY_NAME, INSIGHT_MODELS
from lever_assets.unified.marts import BY_TABLE as MART_OF
from lever_assets.unified.marts import EVERY_MART

Floor = Literal["raw", "unified", "mart"]
_BY_TABLE = {each.table: each for each in RESOURCES}
_OF_INSIGHT = frozenset(each.name for each in INSIGHT_MODELS)


@dataclass(frozen=True)
class LeverTable:
    """A table that is an asset: the name of its account, its own, and its floor."""

    connection: str
    table: str
    floor: Floor


Translation = Callable[[dg.AssetSpec, LeverTable], dg.AssetSpec]
"""Returns an asset as it is to be shown. Its key may depend on the table alone.

What assets depend on are keys. So the keys are learned first, from assets of which is told only what is the
same for each account: they have neither dependencies nor windows.
"""


@dataclass(frozen=True)
class Layout:
    """What is said of all assets alike: what keys begin with, groups, owners, tags, when they are to run.

    Without a `group_name` the unified models of an account are in a group of its name, its raw assets, its
    insight models and its marts in one each beside it. The `translation` has the last word on each asset, but
    for the tags that say which table it is: by them whoever reads the asset finds its rows.
    """

    key_prefix: tuple[str, ...] = ()
    group_name: str | None = None
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    automation_condition: dg.AutomationCondition[Any] | None = None
    freshness_policy: dg.FreshnessPolicy | None = None
    translation: Translation | None = None

    def prefix(self, connection: str) -> list[str]:
        """Return what the keys of an account begin with, where no translation makes them others."""
        return [*self.key_prefix, connection]

    def keys(self, connection: str) -> Keys:
        """Return the keys of an account's assets."""
        return Keys({each.table: self._key(each) for each in _tables(connection)})

    def spec(self, of: LeverTable, *, kinds: Iterable[str], **told: Any) -> dg.AssetSpec:
        """Return the asset of a table; what else is `told` of it is as AssetSpec takes it."""
        return self._translated(self._plain(of, kinds={*kinds, *self.kinds}, **told), of)

    def _key(self, of: LeverTable) -> dg.AssetKey:
        if self.translation is None:
            return dg.AssetKey([*self.prefix(of.connection), of.table])
        return self._shown(self._plain(of, **_told_of_all(of)), of, self.translation).key

    def _translated(self, spec: dg.AssetSpec, of: LeverTable) -> dg.AssetSpec:
        if self.translation is None:
            return spec
        shown = self._shown(spec, of, self.translation)
        return shown.replace_attributes(key=self._key(of)).merge_attributes(tags=_said(of))

    @staticmethod
    def _shown(spec: dg.AssetSpec, of: LeverTable, translation: Translation) -> dg.AssetSpec:
        shown: object = translation(spec, of)
        if not isinstance(shown, dg.AssetSpec):
            raise SettingsError(
                f"The translation can't be used: of the table {of.table} it returns {type(shown).__name__}. "
                "Let it return the asset that it gets, by `replace_attributes` for one."
            )
        return shown

    def _plain(self, of: LeverTable, **told: Any) -> dg.AssetSpec:
        return dg.AssetSpec(
            [*self.prefix(of.connection), of.table],
            group_name=self.group_name or _own_group(of),
            owners=list(self.owners),
            tags={**self.tags, **_said(of)},
            automation_condition=self.automation_condition,
            **{"freshness_policy": self.freshness_policy, **told},
        )


def _own_group(of: LeverTable) -> str:
    if of.table in _OF_INSIGHT:
        return insight_group(of.connection)
    return {"raw": raw_group, "unified": model_group, "mart": mart_group}[of.floor](of.connection)


def _said(of: LeverTable) -> dict[str, str]:
    return {CONNECTION_TAG: of.connection, TABLE_TAG: of.table, FLOOR_TAG: of.floor}


def _told_of_all(of: LeverTable) -> dict[str, Any]:
    """Return what is told of the table of any account."""
    if of.floor == "raw":
        resource = _BY_TABLE[of.table]
        return {"description": resource.description, "metadata": raw_definition(resource)}
    if of.floor == "mart":
        mart = MART_OF[of.table]
        return {
            "description": mart.description,
            "metadata": mart_definition(mart),
            "code_version": str(MARTS_VERSION),
        }
    model = BY_NAME[of.table]
    return {
        "description": model.description,
        "metadata": model_definition(model),
        "code_version": str(MAPPING_VERSION),
    }


def _tables(connection: str) -> Iterator[LeverTable]:
    for resource in RESOURCES:
        if not isinstance(resource, Embedded):
            yield LeverTable(connection, resource.table, "raw")
    for model in ALL_MODELS:
        yield LeverTable(connection, model.name, "unified")
    for mart in EVERY_MART:
        yield LeverTable(connection, mart.table, "mart")
