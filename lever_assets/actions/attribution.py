"""Whom the writes of an action are attributed to: one user for all of them, however many they are."""

from lever_assets.actions.errors import ActionError, invalid
from lever_assets.actions.inputs import ActionInput
from lever_assets.actions.work import Work
from lever_assets.sync.session import Session


def named(session: Session, asked: ActionInput, option: str | None) -> str | None:
    """Return the user who acts when nobody is credited: the input's, the call's `option`, the setting's."""
    return asked.lever.perform_as or option or session.settings.perform_as


async def attribute(work: Work, asked: ActionInput, option: str | None) -> None:
    """Set the user for every write of an action: who is credited with it, else who is `named`.

    Somebody who can't be credited is a warning; raises ActionError when `named` can't act.
    """
    if asked.credited is not None:
        try:
            work.perform_as = (await work.resolve.acting_user(asked.credited)).remote_id
            return
        except ActionError as error:
            work.warn(f"{error.message} Nobody is credited by sourced_by.")
    acting = named(work.session, asked, option)
    if acting is None:
        return
    try:
        work.perform_as = (await work.resolve.acting_user(acting)).remote_id
    except ActionError as error:
        if asked.lever.perform_as or option:
            raise
        raise invalid(error.title, f"{error.message} It was given by LEVER_PERFORM_AS.") from None
