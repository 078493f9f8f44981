"""Whom the writes of an action are attributed to: one user for all of them, however many they are.

That is decided once. An action that is gone on with writes as whom it wrote before, whoever is named or set
since; only where nothing was written as anybody is it decided anew.
"""

from collections.abc import Iterable

from lever_assets.actions.engine.errors import ActionError, invalid
from lever_assets.actions.engine.input_model import ActionInput
from lever_assets.actions.engine.steps import Step
from lever_assets.actions.engine.work import Work


def named_user(asked: ActionInput, option: str | None) -> str | None:
    """Return the user whom the call itself names: who is credited, else the input's, else `option`."""
    return asked.credited or asked.lever.perform_as or option


def attributed_to(steps: Iterable[Step]) -> str | None:
    """Return the user (Lever's id) as whom something was written, or may have been; None: as nobody."""
    return next((step.user for step in steps if step.stands and step.user), None)


async def attribute(work: Work, asked: ActionInput, option: str | None) -> None:
    """Set the user for every write of an action: as whom it wrote before, else who is credited, named or set.

    Somebody who can't be credited is a warning; raises ActionError when who is named or set can't act.
    """
    before = attributed_to(work.steps.values())
    if before is not None:
        await _go_on(work, before, named_user(asked, option))
        return
    if asked.credited is not None:
        try:
            work.perform_as = (await work.resolve.acting_user(asked.credited)).remote_id
            return
        except ActionError as error:
            work.warn(f"{error.message} Nobody is credited by sourced_by.")
    acting = asked.lever.perform_as or option or work.session.settings.perform_as
    if acting is None:
        return
    try:
        work.perform_as = (await work.resolve.acting_user(acting)).remote_id
    except ActionError as error:
        if asked.lever.perform_as or option:
            raise
        setting = work.session.account.setting("perform_as")
        raise invalid(error.title, f"{error.message} It was given by {setting}.") from None


async def _go_on(work: Work, user: str, called: str | None) -> None:
    """Write as this user, and as nobody else: what they can't write any more is left to the caller."""
    work.perform_as = user
    if called is not None and work.resolve.user_id(called) != user:
        work.warn(f"This action was begun as the user {user}, and all of it is written so, not as {called}.")
    try:
        await work.resolve.acting_user(user)
    except ActionError as error:
        work.barred = invalid(
            error.title,
            f"This action was begun as the user {user}, who can't act in Lever any more, and nothing of it "
            "is written as somebody else. Do what is missing in Lever, or by an action of its own.",
        )
