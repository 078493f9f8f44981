"""Whom a write may be attributed to: nobody acts as a user who is deactivated."""

from lever_assets.actions.engine.errors import invalid
from lever_assets.lever import JsonObject, LeverClient, PermissionMissingError
from lever_assets.store import raw
from lever_assets.sync.resources import BY_NAME
from lever_assets.sync.session import Session
from lever_assets.sync.singles import ask_single

_USERS = BY_NAME["users"]


async def refuse_deactivated(lever: LeverClient, session: Session | None, user: str, called: str) -> None:
    """Raise ActionError if a user (Lever's id; the caller said `called`) is deactivated, as Lever has it now.

    A user whom the key may not read is as the tables have them. Raises NotFoundError, and other LeverErrors.
    """
    try:
        record = await ask_single(lever, _USERS, user)
    except PermissionMissingError:
        record = _stored(session, user) if session is not None else {}
    if record.get("deactivatedAt") is not None:
        raise invalid(
            "Deactivated user",
            f"The user {called} is deactivated in Lever, which lets nobody act as them: name another one.",
        )


def _stored(session: Session, user: str) -> JsonObject:
    with session.store.reading() as conn:
        found = raw.read(conn, session.name, _USERS.name, [user])
    return dict(found[0].data) if found else {}
