"""What Lever is asked: one question first, then the lists and its settings, then what is below a record."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lever_assets.lever import AuthenticationError, LeverClient
from lever_assets.lever.instants import LeverClock
from lever_assets.lever.paths import scope
from lever_assets.lever.resources import BY_NAME
from lever_assets.prerequisites import lever_settings
from lever_assets.prerequisites.asking import NOT_ASKED, Asking, Heard
from lever_assets.prerequisites.from_tables import Known
from lever_assets.prerequisites.permissions import OPPORTUNITIES_READ, Permission, ask_for

_USERS = "/users"


@dataclass
class Answers:
    """What Lever answered.

    `first`: to the very first question (None: it could not be asked, `why_not` says why). `by_permission`:
    where each permission is needed, by its name (None: there was nothing to ask below). `confidential`: to
    the question for confidential records, `listed` to that for the same list without. `acting`: for the user
    who is to act.
    """

    first: Heard | None = None
    why_not: str = ""
    by_permission: Mapping[str, Heard | None] = field(default_factory=dict)
    confidential: Heard | None = None
    listed: Heard | None = None
    acting: Heard | None = None
    clock: LeverClock = field(default_factory=LeverClock)
    requests: int = 0

    @property
    def let_nothing_in(self) -> bool:
        """Whether the key or token was refused, or can't be used: what it was given once counts no more."""
        return self.first is None or isinstance(self.first.error, AuthenticationError)


def nothing_asked(asked: Iterable[Permission], known: Known, why: str) -> Answers:
    """Return what is answered where there is nothing to ask with, and why there is not."""
    acting = None if known.acting is None else NOT_ASKED
    return Answers(None, why, {each.name: NOT_ASKED for each in asked}, NOT_ASKED, acting=acting)


async def ask_lever(
    client: LeverClient, asked: list[Permission], known: Known, confidential: str | None, seconds: float
) -> Answers:
    """Ask for these permissions, for confidential records of a resource, and for the user who is to act.

    Each question may take `seconds`; what goes wrong is an answer, nothing is raised.
    """
    async with client as lever:
        asking = Asking(lever, seconds)
        lists = [each for each in asked if not each.below]
        first = await asking.ask_first(str(lists[0].path) if lists else _USERS)
        told: dict[str, Heard | None] = {
            each.name: NOT_ASKED if asking.barred else first for each in lists[:1]
        }
        shown, acting, rest = await asyncio.gather(
            lever_settings.ask_for_confidential(asking, confidential),
            lever_settings.ask_for_acting_user(asking, known),
            _ask_each(asking, lists[1:], None),
        )
        told |= rest
        listed = told.get(OPPORTUNITIES_READ)
        opportunity = (listed and listed.first_id) or known.opportunity
        told |= await _ask_each(asking, [each for each in asked if each.below], opportunity)
        without = None if confidential is None else told.get(scope("GET", BY_NAME[confidential].path))
        return Answers(first, "", told, shown, without, acting, lever.clock, lever.traffic.requests)


async def _ask_each(
    asking: Asking, asked: list[Permission], opportunity: str | None
) -> dict[str, Heard | None]:
    heard = await asyncio.gather(*(ask_for(asking, each, opportunity) for each in asked))
    return {each.name: one for each, one in zip(asked, heard, strict=True)}
