"""Who has applied for what in Lever: looked up before a creation, and to find out whether one happened."""

import asyncio
from dataclasses import dataclass

from pydantic import JsonValue

from lever_assets.actions.engine.effects import CannotTellError
from lever_assets.lever import JsonObject, LeverClient
from lever_assets.lever.resources import APPLICATIONS
from lever_assets.sync.fetch.singles import ask_inside


@dataclass(frozen=True)
class Candidacy:
    """An opportunity (Lever's id) with its application for a posting, if there is one."""

    opportunity: str
    application: str | None = None


@dataclass(frozen=True)
class Applies:
    """The effect of creating: a person, known by their addresses, has an application for a posting.

    Before it, everything that Lever has of that person is kept, so that the new one can be told from it.
    """

    emails: tuple[str, ...]
    posting: str

    async def known(self, lever: LeverClient) -> list[Candidacy]:
        """Return the person's opportunities, with their applications for the posting.

        Lever is asked for all of them, archived and confidential ones too: its filter by posting leaves out
        archived applications.
        """
        listed = await lever.list_all(
            "/opportunities",
            {"email": list(self.emails), "confidentiality": "all", "expand": APPLICATIONS.name},
            optional=("confidentiality", "expand"),
        )
        found = (self._candidacy(lever, each) for each in listed if isinstance(each.get("id"), str))
        return await asyncio.gather(*found)

    async def before(self, lever: LeverClient) -> JsonValue:
        """Return the opportunities that are there, and those of them that are for the posting."""
        known = await self.known(lever)
        return {
            "known": [each.opportunity for each in known],
            "applied": [each.opportunity for each in known if each.application],
        }

    async def found(self, lever: LeverClient, before: JsonValue) -> JsonObject | None:
        """Look for an application that is new."""
        if before is None:
            raise CannotTellError("what was there before could not be read")
        made = await self.made(lever, before)
        return None if made is None else {"opportunity": made.opportunity, "application": made.application}

    async def made(
        self,
        lever: LeverClient,
        before: JsonValue,
        opportunity: JsonValue = None,
        application: JsonValue = None,
    ) -> Candidacy | None:
        """Return the candidacy that was made: the one with one of these ids, else the only new one."""
        known = [each for each in await self.known(lever) if each.application is not None]
        if opportunity is not None or application is not None:
            return next(
                (
                    each
                    for each in known
                    if opportunity == each.opportunity or application == each.application
                ),
                None,
            )
        new = [each for each in known if each.opportunity not in applied_before(before)]
        if len(new) > 1:
            raise CannotTellError(f"Lever has {len(new)} new applications of this person for this job")
        return new[0] if new else None

    async def _candidacy(self, lever: LeverClient, opportunity: JsonObject) -> Candidacy:
        listed = await _applications(lever, opportunity)
        own = (each.get("id") for each in listed if each.get("posting") == self.posting)
        found = next(own, None)
        return Candidacy(str(opportunity["id"]), found if isinstance(found, str) else None)


async def _applications(lever: LeverClient, opportunity: JsonObject) -> list[JsonObject]:
    """Return the applications of an opportunity; they are asked for if they did not come along."""
    listed = opportunity.get(APPLICATIONS.name)
    along = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    whole = isinstance(listed, list) and len(along) == len(listed)
    return along if whole else await ask_inside(lever, APPLICATIONS, opportunity)


def known_before(before: JsonValue) -> list[JsonValue]:
    """Return the opportunities that a person had before the creation was sent."""
    return _listed(before, "known")


def applied_before(before: JsonValue) -> list[JsonValue]:
    """Return those of them that were for the same posting."""
    return _listed(before, "applied")


def _listed(before: JsonValue, name: str) -> list[JsonValue]:
    found = before.get(name) if isinstance(before, dict) else None
    return found if isinstance(found, list) else []
