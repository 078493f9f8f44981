"""Whether an account's Lever is to be asked: its state as it is kept, before any request."""

from lever_assets.connect.account import Account
from lever_assets.connect.errors import DisabledError, RemovedError
from lever_assets.connect.states import State, standing_in
from lever_assets.orchestration.rounds import Told
from lever_assets.store.transaction import Transaction
from lever_assets.sync.session import Session


def why_not(session: Session) -> Told | None:
    """Return why nothing is asked of an account's Lever; None: it is to be."""
    with session.reading() as tx:
        return why_not_in(tx, session.account)


def why_not_in(tx: Transaction, account: Account) -> Told | None:
    """As `why_not`, in a transaction on the account's rows."""
    standing = standing_in(tx, account, was_read=True)
    match standing.state:
        case State.INACTIVE:
            return Told(str(DisabledError(account.name)), short="switched off.")
        case State.REMOVED:
            return Told(
                str(RemovedError(account.name, account.connected_by, has_key=account.has_key)),
                short="removed.",
            )
        case State.SET_UP_INCOMPLETE:
            return Told(str(account.not_connected), trouble=True)
        case State.INVALID:
            return Told(str(standing), trouble=True)
        case _:
            return None
