"""Idempotency: which row of the ledger a call belongs to, so that what is asked twice is done once.

A key that is given stands for one request for ever, whatever it is: one that looks like a derived one is kept
with a mark of its own. Without one the key is derived from the action and its
input, with a number at its end. The same input goes on with the last such row while that row is not done (a
run that was killed and is tried again), and, if the action would leave more when done twice, also for a while
after it was done. Otherwise it is a new request with the next number: whoever moves an application back and
forth means it. So it is when it names another user than as whom the last one was written, since two may well
say the same.

A creation that is not done is gone on with however old it is and whoever is named: a person can have only
one application for a job, so as a new request it would be refused for what it left itself.
"""

from datetime import datetime, timedelta

from lever_assets.actions.engine.action import Action
from lever_assets.actions.engine.attribution import attributed_to
from lever_assets.actions.engine.errors import invalid
from lever_assets.actions.engine.input_model import ActionInput, RemoteFields
from lever_assets.actions.engine.redaction import redacted, unsigned
from lever_assets.actions.engine.steps import Step
from lever_assets.store import ledger
from lever_assets.store.action_erasure import NAMING
from lever_assets.store.addresses import addresses_in, named_by, own_addresses
from lever_assets.store.ledger import ActionState, Entry
from lever_assets.store.transaction import now
from lever_assets.store.values import canonical, fingerprint
from lever_assets.sync.session import Session

_DERIVED = "auto:"
_GIVEN = f"{_DERIVED}given:"
"""Before a given key that begins as derived ones do: behind `_DERIVED` these have the name of an action."""
_LONGEST = 255
_FORGOTTEN = timedelta(days=1)
"""A row that was not done for so long was given up: the same input is then a new request."""


def entry_for(
    session: Session,
    action: Action,
    asked: ActionInput,
    *,
    given: str | None,
    user: str | None,
    same_input: timedelta,
) -> Entry:
    """Return the row, made if it is new; raises ActionError when the key stands for something else.

    `user` (Lever's id) is whom the call names to act.
    """
    whole = input_hash(asked, action.name)
    if given is not None:
        _check(given)
    request = redacted(asked)
    # Of the person whom it is about: an address in a text or in an answer may be of anybody.
    addresses = addresses_in(session.name, own_addresses([request, asked.lever.candidate]))
    addresses |= named_by(
        session.name, [each for name in NAMING if isinstance(each := request.get(name), str)]
    )
    asked_at = now()  # before it waits for a writer, which may be erasing this very person
    with session.writing(asked_at) as tx:
        prefix = f"{_DERIVED}{action.name}:{whole}:"
        last = ledger.last_of(tx, prefix)
        if given is not None:
            key = f"{_GIVEN}{given}" if given.startswith(_DERIVED) else given
        elif last is not None and _stands(last, action, user=user, same_input=same_input, moment=tx.instant):
            key = last.idempotency_key
        else:
            key = _next(prefix, last)
        entry = ledger.open_entry(
            tx, action.name, key, input_hash=whole, request=request, addresses=addresses
        )
    if entry.input_hash != whole:
        raise invalid(
            "Key used before",
            f"The idempotency key {given!r} was used for another input of {entry.action}; use a new key.",
        )
    return entry


def input_hash(asked: ActionInput, *also: str) -> str:
    """Return the hash of a whole input, files included, and of what else makes a request another one.

    Of a link to a file what signs it does not count: it is another one each time that the link is made. Nor
    does who acts, which says nothing of what is asked: a call that failed for lack of somebody is repeated
    with them.
    """
    fields = asked.lever.model_copy(update={"perform_as": None})
    plain = asked.model_copy(update={"remote_fields": RemoteFields(lever=fields)})
    return fingerprint(canonical([unsigned(plain), *also]))


def _check(given: str) -> None:
    if not given.strip() or len(given) > _LONGEST:
        raise invalid("Invalid key", f"An idempotency key has 1 to {_LONGEST} characters; use another.")


def is_derived(key: str) -> bool:
    """Tell whether a key was made of the input."""
    return key.startswith(_DERIVED) and not key.startswith(_GIVEN)


def _stands(
    last: Entry, action: Action, *, user: str | None, same_input: timedelta, moment: datetime
) -> bool:
    """Tell whether `last`, the last row of the same input, still stands for it."""
    done = last.state is ActionState.SUCCEEDED
    if action.creates and not done:
        return True
    if not action.creates and user is not None:
        before = attributed_to(map(Step.of, last.steps))
        if before != user and (done or before is not None):
            return False
    if done:
        return not action.repeatable and moment - last.updated_at < same_input
    return moment - last.updated_at < _FORGOTTEN


def _next(prefix: str, last: Entry | None) -> str:
    number = 0 if last is None else int(last.idempotency_key[len(prefix) :])
    return f"{prefix}{number + 1:06d}"
