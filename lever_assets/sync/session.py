"""What every step of a sync needs: the store, the account, the settings, and somebody who listens."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime

from lever_assets import private
from lever_assets.connect.account import Account
from lever_assets.connect.errors import ConnectionNameError, SwitchedOffError
from lever_assets.connect.known import account_in
from lever_assets.connect.permissions import PERMISSIONS, Known, heard
from lever_assets.connect.states import REFUSED, Refused, note_locked_out
from lever_assets.lever import LeverClient
from lever_assets.lever.access import Access
from lever_assets.mapping.context import Context
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import Settings
from lever_assets.store import Store, StoreError
from lever_assets.store.accounts import StoredAccount, hold_account, is_switched_off, stored_account
from lever_assets.store.changes import History
from lever_assets.store.transaction import Transaction
from lever_assets.sync.custom_fields import read_names
from lever_assets.sync.kept_fields import kept_names, with_kept
from lever_assets.sync.progress import Listener, silent
from lever_assets.sync.windows import EVERYTHING, Bounds


@dataclass(frozen=True)
class Scope:
    """What a sync is to cover: the records of some windows, or (`delta`) what changed since the watermark.

    `reconcile`: what changed, and then whatever else differs, as far as Lever's lists tell. For neither
    do `bounds` count.
    """

    bounds: Bounds = EVERYTHING
    delta: bool = False
    reconcile: bool = False

    @property
    def is_of_changes(self) -> bool:
        """Whether it covers what changed, whenever that was."""
        return self.delta or self.reconcile

    @property
    def is_of_windows(self) -> bool:
        """Whether it covers the records of some windows alone."""
        return not (self.is_of_changes or self.bounds.everything)

    @property
    def key(self) -> str:
        """A text that names the scope, the same in every process."""
        if self.reconcile:
            return "reconcile"
        return "delta" if self.delta else self.bounds.key

    def __str__(self) -> str:
        if self.reconcile:
            return "whatever differs from Lever"
        return "what changed since the last sync" if self.delta else str(self.bounds)


@dataclass(frozen=True)
class Heard:
    """What was kept at an instant (UTC) of how Lever takes an account's requests."""

    refused: Refused | None
    permissions: Mapping[str, Known]
    at: datetime

    @classmethod
    def kept(cls, tx: Transaction) -> "Heard":
        """Return what is kept."""
        return cls(REFUSED.read(tx), PERMISSIONS.every(tx), tx.instant)

    def accepts(self, access: Access) -> bool:
        """Tell whether a client found that a key or token is accepted again."""
        return self.refused is not None and access.locked_out is None and access.was_accepted

    def is_all_of(self, access: Access) -> bool:
        """Tell whether nothing that a client heard is to be kept anew."""
        quiet = access.locked_out is None and not self.accepts(access)
        return quiet and not heard(self.permissions, access, self.at)


Written = Counter[tuple[str, str]]
"""By table and `inserted`, `updated` or `deleted`: how many rows were written in it."""


def _nobody_asks(_written: Written) -> None:
    return


@dataclass(frozen=True)
class Session:
    """An open store and the account that is synced into it.

    `on_refresh` is told what the refreshing of single records wrote, once that is committed: a sync reports
    what it did by itself.
    """

    store: Store
    account: Account
    settings: Settings
    mapping: Context
    listener: Listener = silent
    run_id: str | None = None
    accept_deletions: bool = False
    to_read: bool = False
    history_seconds: float | None = None
    on_refresh: Callable[[Written], None] = _nobody_asks

    @classmethod
    @contextmanager
    def open(
        cls,
        settings: Settings,
        *,
        listener: Listener = silent,
        run_id: str | None = None,
        lock_wait: float | None = None,
        to_read: bool = False,
        accept_deletions: bool = False,
        history_seconds: float | None = None,
    ) -> "Iterator[Session]":
        """Open the database for the account that the settings name, and close it at the end.

        Its own settings go over the given ones. Raises StoreError.

        `run_id` names the run in the history of changes, `lock_wait` is as for `Store.open`.
        `to_read`: nothing is to be written, and the database need not be writable. `accept_deletions`: what a
        complete list lacks is gone, however much it is (`sync/fetch/brake.py`). `history_seconds`: so long a
        sync may read the history below records (`sync/fetch/history.py`); None: to its end. Raises
        SettingsError when they leave out what does not exist.
        """
        Exclusion.of(settings)
        private.close_to_others(settings.data_dir)
        read_names(settings.custom_fields)
        store = (
            Store.open_to_read(settings.tables_url)
            if to_read
            else Store.open(settings.tables_url, lock_wait=lock_wait)
        )
        try:
            yield cls.over(
                store,
                settings,
                listener=listener,
                run_id=run_id,
                accept_deletions=accept_deletions,
                to_read=to_read,
                history_seconds=history_seconds,
            )
        finally:
            store.close()

    @classmethod
    def over(
        cls,
        store: Store,
        settings: Settings,
        *,
        listener: Listener = silent,
        run_id: str | None = None,
        accept_deletions: bool = False,
        to_read: bool = False,
        history_seconds: float | None = None,
    ) -> "Session":
        """Return a session over a store that is open, as `open` does; who opened the store closes it."""
        with store.reading(settings.connection) as tx:
            session = cls.within(tx, store, settings)
        return replace(
            session,
            listener=listener,
            run_id=run_id,
            accept_deletions=accept_deletions,
            to_read=to_read,
            history_seconds=history_seconds,
        )

    @classmethod
    def within(cls, tx: Transaction, store: Store, settings: Settings) -> "Session":
        """As `over`, in a transaction on the account's rows."""
        in_file = read_names(settings.custom_fields)
        account, own = account_in(tx, store, settings)
        names = with_kept(in_file, kept_names(tx))
        Exclusion.of(own)
        mapping = Context(own.connection, own.remote_data, names, account.named_at_first)
        return cls(store, account, own, mapping)

    @property
    def name(self) -> str:
        """The account's name."""
        return self.account.name

    @property
    def exclusion(self) -> Exclusion:
        """What is neither fetched nor stored."""
        return Exclusion.of(self.settings)

    @property
    def history(self) -> History | None:
        """What is to be kept of the changes that this session makes."""
        return History(self.run_id) if self.settings.change_history else None

    def writing(self, at: datetime | None = None) -> AbstractContextManager[Transaction]:
        """Begin a transaction on the account's rows, as `Store.writing`."""
        return self.store.writing(self.name, at)

    def reading(self, at: datetime | None = None) -> AbstractContextManager[Transaction]:
        """Begin a transaction on the account's rows that can't write, as `Store.reading`."""
        return self.store.reading(self.name, at)

    @asynccontextmanager
    async def client(
        self, *, urgent: bool = False, patience: float | None = None
    ) -> AsyncIterator[LeverClient]:
        """Open a client of the account that tells the listener what holds it up.

        `urgent`: somebody waits for what it does, so its requests go ahead of others with the same key. None
        of them waits more than `patience` seconds to be sent again.

        That Lever refuses the key or token, or accepts it again, is kept at the end, and so is which
        permissions were there and which were not. Raises NotConnectedError
        without one, DisabledError where the connection is switched off.
        """
        async with self.account.client(
            self.settings, tell=self.listener, urgent=urgent, patience=patience
        ) as lever:
            try:
                yield lever
            finally:
                if not self.to_read:
                    self.note(lever.access)

    def note(self, access: Access, known: Heard | None = None) -> None:
        """Keep what a client has heard, if it is news; `known` is what was kept when it was opened."""
        if known is None or not known.is_all_of(access):
            with suppress(StoreError):  # it is not what the client was opened for
                self._note(access)

    def _note(self, access: Access) -> None:
        with self.reading() as tx:
            known = Heard.kept(tx)
        if known.is_all_of(access):
            return
        news = heard(known.permissions, access, known.at)
        with self.writing() as tx:
            if access.locked_out is not None:
                note_locked_out(tx, str(access.locked_out))
            elif known.accepts(access):
                REFUSED.forget(tx)
            PERMISSIONS.keep_each(tx, news)

    @contextmanager
    def alone(self, wait: float = 0.0) -> Iterator[None]:
        """Be the only sync of this account; waits up to `wait` seconds, then raises BusyError.

        Raises ConnectionNameError when the connection was renamed or removed since the session was opened.
        """
        with self.store.exclusive(self.name, wait):
            with self.reading() as tx:
                self._see_that_it_stands(stored_account(tx))
            yield

    def hold(self, tx: Transaction) -> None:
        """Keep the connection from being renamed or removed until the end of a transaction that writes.

        Raises ConnectionNameError when it was since the session was opened.
        """
        if self.account.is_stored:
            self._see_that_it_stands(hold_account(tx, shared=True))

    def see_that_it_is_on(self, tx: Transaction) -> None:
        """Raise SwitchedOffError if the connection was switched off since: a sync stops then.

        For transactions by which something that was read is kept: what was kept before is not lost.
        """
        if self.account.is_stored and is_switched_off(tx):
            raise SwitchedOffError(self.name)

    def _see_that_it_stands(self, row: StoredAccount | None) -> None:
        """Whoever renames or removes a connection has its lock: what waited for it knows the old one yet."""
        self.account.refuse_if_removed()
        if not self.account.is_stored:
            return
        if row is None or row.named_at_first != self.account.named_at_first:
            raise ConnectionNameError(
                f"The connection {self.name!r} was renamed or removed meanwhile: `lever-assets connections "
                "list` shows which there are."
            )
