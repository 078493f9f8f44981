"""The connection that a request is about, by its integration id, and whether it can be asked anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lever_assets.api.errors import ApiError, Code
from lever_assets.api.reloading import Reloading
from lever_assets.connect.account import Account
from lever_assets.connect.known import account_in
from lever_assets.connect.states import State, standing_in
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.accounts import removed_names, whereabouts
from lever_assets.store.transaction import Transaction
from lever_assets.sync.standing import was_read_whole
from lever_assets.unified.ids import integration_id

_RELOAD_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 0.05


@dataclass(frozen=True)
class Connection:
    """A connection: its account, its settings (its own over the environment's), and how it stands.

    `was_read`: it was read whole at least once.
    """

    account: Account
    settings: Settings
    state: State
    was_read: bool

    @property
    def name(self) -> str:
        """Its name here."""
        return self.account.name

    @property
    def id(self) -> str:
        """What the unified API calls it."""
        return integration_id(self.account.named_at_first)

    def see_that_it_is_set_up(self) -> None:
        """Raise ApiError unless it is switched on, connected, and was read once."""
        self.see_that_it_is_connected()
        if not self.was_read:
            raise ApiError(
                Code.SYNC_PENDING, "The first sync of this integration is not finished; ask again later."
            )

    def see_that_it_is_connected(self) -> None:
        """Raise ApiError unless it is switched on and connected."""
        match self.state:
            case State.INACTIVE:
                raise ApiError(Code.INACTIVE, "This integration is switched off; switch it on to go on.")
            case State.SET_UP_INCOMPLETE:
                raise ApiError(
                    Code.SETUP_INCOMPLETE, "This integration has no key or token for Lever; connect it again."
                )
            case _:
                return


class Connections:
    """The connections by their integration ids. Safe to use from several threads."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self._names: dict[str, str] = {}
        self._reloading = Reloading(self._load)

    def name_of(self, asked: str) -> str:
        """Return the name of a connection; raises ApiError where there is none with this id, StoreError."""
        self._reloading.within(_RELOAD_SECONDS)
        name = self._names.get(asked)
        if name is None:  # it may have been made a moment ago, by another process
            self._reloading.within(_LOOK_AGAIN_SECONDS)
            name = self._names.get(asked)
        if name is None:
            raise _none(asked)
        return name

    @contextmanager
    def reading(self, asked: str) -> Iterator[tuple[Transaction, Connection]]:
        """Yield a transaction that can't write on a connection's rows, with the connection.

        Raises ApiError where there is none with this id, or it was removed; StoreError.
        """
        name = self.name_of(asked)
        with self.store.reading(name) as tx:
            yield tx, self.connection_in(tx, asked)

    def connection(self, asked: str) -> Connection:
        """Return the connection with an id; raises as `reading`."""
        with self.reading(asked) as (_, found):
            return found

    def connection_in(self, tx: Transaction, asked: str) -> Connection:
        """Return the connection of a transaction; raises ApiError if it is not the one asked for any more."""
        account, settings = account_in(tx, self.store, self.settings.of(tx.account))
        if account.is_removed or integration_id(account.named_at_first) != asked:
            raise _none(asked)
        standing = standing_in(tx, account, was_read=was_read_whole(tx))
        return Connection(account, settings, standing.state, standing.was_read)

    def every_id(self) -> list[str]:
        """Return the ids of all connections, in order; raises StoreError."""
        self._reloading.within(_LOOK_AGAIN_SECONDS)
        return sorted(self._names)

    def _load(self) -> None:
        with self.store.reading("") as tx:
            named = {each.named_at_first: each.connection for each in whereabouts(tx)}
            gone = removed_names(tx)
        own = self.settings.connection
        if own not in {*named.values(), *gone}:
            named.setdefault(own, own)
        self._names = {integration_id(first): name for first, name in named.items()}


def _none(asked: str) -> ApiError:
    return ApiError(
        Code.INTEGRATION_NOT_FOUND,
        f"There is no integration {asked[:60]!r} on this server; GET /v1/integrations lists what there is.",
    )
