"""What one set of definitions serves: its accounts, how they are shown, and which settings are in force.

Definitions are made from settings; they may be without what is secret, or only known where a run takes place.
What there is of that is then asked of Dagster's resources whenever something runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, Self

import dagster as dg

from lever_assets.connect.errors import ConnectionNameError
from lever_assets.connect.known import own_name, settings_of
from lever_assets.orchestration.asset_keys import Keys
from lever_assets.orchestration.layout import Layout
from lever_assets.orchestration.names import CONNECTION_FIELD, LEVER, shared
from lever_assets.settings import Settings

_FEW = 20


class _Running(Protocol):
    """The context of whatever runs: a step, a tick."""

    @property
    def resources(self) -> Any: ...


class Source(Protocol):
    """Where the settings of an account come from when something runs."""

    @property
    def resource_keys(self) -> frozenset[str]:
        """The keys of the resources that it asks."""

    def in_force(self, resources: Any, shown: Settings) -> Settings:
        """Return the settings of the account that is `shown`, by these resources."""


@dataclass(frozen=True)
class InForce:
    """The settings that are in force while something runs: those of all, and each account's own."""

    settings: Settings
    accounts: tuple[Settings, ...]

    @property
    def own(self) -> set[str]:
        """The names of the accounts that are there although no database knows them."""
        given = {each.connection for each in self.accounts if each.api_key is not None}
        return own_name(self.settings) | given


@dataclass(frozen=True)
class Hosted:
    """The accounts of one set of definitions, as they are known when it is made; `settings` are of all.

    What is there once for all of them is called by `name` (`shared`). What the list of accounts warns of is
    told in Dagster. Without `sources` the settings are all that there is to know; else there is one for each
    account, by its name. `knows_database`: it is known before anything runs which kind of database it is.
    """

    settings: Settings
    accounts: tuple[Settings, ...]
    warnings: tuple[str, ...] = ()
    layout: Layout = field(default_factory=Layout)
    name: str = LEVER
    sources: Mapping[str, Source] = field(default_factory=dict)
    knows_database: bool = True

    @classmethod
    def alone(cls, settings: Settings) -> Self:
        """Return an account that is the only one."""
        return cls(settings, (settings,))

    def called(self, name: str) -> str:
        """Return what something is called that is there once for all these accounts; `name` as in `names`."""
        return shared(name, self.name)

    @cached_property
    def keys(self) -> Mapping[str, Keys]:
        """The keys of each account's assets."""
        return {each.connection: self.layout.keys(each.connection) for each in self.accounts}

    @cached_property
    def whose(self) -> Mapping[dg.AssetKey, str]:
        """The account of each asset."""
        return {key: account for account, keys in self.keys.items() for key in keys}

    @property
    def resource_keys(self) -> set[str]:
        """The keys of the resources that whatever concerns all accounts asks for their settings."""
        return set().union(*(each.resource_keys for each in self.sources.values()))

    @property
    def owns_dagster(self) -> bool:
        """Whether this Dagster is ours: in another's, jobs that are called as ours may be somebody else's."""
        return not self.sources

    @property
    def are_few(self) -> bool:
        """Whether all is told of each account; of many, what few look at is left out, as it adds up."""
        return len(self.accounts) <= _FEW

    @property
    def memory(self) -> str:
        """The key of the IO manager by which what an op returns stays in its process."""
        return self.called("lever_memory") if self.sources else "io_manager"

    def resource_keys_of(self, account: str) -> frozenset[str]:
        """Return the keys of the resources that are asked for the settings of one account."""
        source = self.sources.get(account)
        return frozenset() if source is None else source.resource_keys

    def in_force_of(self, context: _Running, account: Settings) -> Settings:
        """Return the settings of an account that are in force where this runs."""
        source = self.sources.get(account.connection)
        return account if source is None else source.in_force(context.resources, account)

    def in_force(self, context: _Running) -> InForce:
        """Return all settings that are in force where this runs."""
        if not self.sources:
            return InForce(self.settings, self.accounts)
        accounts = tuple(self.in_force_of(context, each) for each in self.accounts)
        return InForce(accounts[0], accounts)

    def named(self, now: InForce, given: Mapping[str, Any], *, removed: bool = False) -> Settings:
        """Return the settings for the connection that an op's configuration names.

        None is the environment's, or the only one that there is. Raises as `settings_of`.
        """
        how, name = f"in the field `{CONNECTION_FIELD}` of the run's config", given.get(CONNECTION_FIELD)
        if self.sources:
            by_name = {each.connection: each for each in now.accounts}
            if name is None and len(by_name) > 1:
                raise ConnectionNameError(
                    f"There are several connections, {', '.join(by_name)}: say which one is meant, {how}."
                )
            found = now.settings if name is None else by_name.get(name)
            if found is not None:
                return found
        return settings_of(now.settings, name, removed=removed, how=how)
