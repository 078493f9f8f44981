"""Which row of the ledger a call belongs to.

A key that is given stands for one request for ever. Without one the key is derived from the action, its
input and the acting user, with a number at its end. The same input goes on with the last such row while that
row is not done (a run that was killed and is tried again), and, if the action would leave more when done
twice, also for a while after it was done. Otherwise it is a new request with the next number: whoever moves
an application back and forth means it.

A creation that is not done is gone on with however old it is: a person can have only one application for a
job, so as a new request it would be refused for what it left itself.
"""

from datetime import datetime, timedelta

from lever_assets.actions.catalogue import Action
from lever_assets.actions.errors import invalid
from lever_assets.actions.inputs import ActionInput
from lever_assets.actions.recording import input_hash, recorded
from lever_assets.store import ledger
from lever_assets.store.addresses import addresses_in, own_addresses
from lever_assets.store.ledger import Entry, State
from lever_assets.sync.session import Session, now

_DERIVED = "auto:"
_FORGOTTEN = timedelta(days=1)
"""A row that was not done for so long was given up: the same input is then a new request."""


def entry_for(
    session: Session,
    action: Action,
    asked: ActionInput,
    *,
    given: str | None,
    acting: str | None,
    same_input: timedelta,
) -> Entry:
    """Return the row, made if it is new; raises ActionError when the key stands for something else."""
    whole = input_hash(asked, action.name, acting)
    moment = now()
    if given is not None:
        _check(given)
    request = recorded(asked)
    # Of the person whom it is about: an address in a text or in an answer may be of anybody.
    addresses = addresses_in(session.name, own_addresses([request, asked.lever.candidate]))
    with session.store.writing() as conn:
        prefix = f"{_DERIVED}{action.name}:{whole}:"
        last = ledger.last_of(conn, session.name, prefix)
        key = given or _derived(
            prefix,
            last,
            done_until=timedelta() if action.repeatable else same_input,
            given_up=None if action.creates else _FORGOTTEN,
            moment=moment,
        )
        entry = ledger.open_entry(
            conn,
            session.name,
            action.name,
            key,
            input_hash=whole,
            request=request,
            addresses=addresses,
            now=moment,
        )
    if entry.input_hash != whole:
        raise invalid(
            "Key used before",
            f"The idempotency key {given!r} was used for another input of {entry.action}; use a new key.",
        )
    return entry


def _check(given: str) -> None:
    if not given.strip() or len(given) > 255 or given.startswith(_DERIVED):
        raise invalid(
            "Invalid key",
            f"An idempotency key has 1 to 255 characters and does not begin with {_DERIVED!r}; use another.",
        )


def is_derived(key: str) -> bool:
    """Tell whether a key was made of the input."""
    return key.startswith(_DERIVED)


def _derived(
    prefix: str, last: Entry | None, *, done_until: timedelta, given_up: timedelta | None, moment: datetime
) -> str:
    """Return the key of `last`, the last row of the same input, if it still stands for it; else a new one.

    So it does for `done_until` after it was done; if it was not, for `given_up` (None: for ever).
    """
    if last is None:
        return f"{prefix}{1:06d}"
    stands = done_until if last.state is State.SUCCEEDED else given_up
    if stands is None or moment - last.updated_at < stands:
        return last.idempotency_key
    return f"{prefix}{int(last.idempotency_key[len(prefix) :]) + 1:06d}"
