"""Bringing an opportunity to what was asked, after Lever made it from less: a form, or a known person.

What the person had already stays: addresses, numbers, tags and links are only added.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from lever_assets.actions.engine.work import Work
from lever_assets.lever import JsonObject, LeverClient, LeverError, Outgoing
from lever_assets.lever.paths import path_to
from lever_assets.lever.resources import OPPORTUNITIES
from lever_assets.sync.fetch.singles import ask_single

Shown = Callable[[JsonObject], bool]


@dataclass(frozen=True)
class Shows:
    """The effect that the opportunity looks as it was to look."""

    opportunity: str
    as_wanted: Shown

    async def before(self, lever: LeverClient) -> JsonValue:  # noqa: ARG002 -- a state needs nothing kept
        """Nothing needs to be kept: the effect is a state, whoever brought it about."""
        return None

    async def found(self, lever: LeverClient, before: JsonValue) -> JsonObject | None:  # noqa: ARG002
        """Look at the opportunity."""
        record = await ask_single(lever, OPPORTUNITIES, self.opportunity)
        return {} if self.as_wanted(record) else None


@dataclass(frozen=True)
class Completion:
    """What an opportunity is to show, in Lever's own fields.

    `known_person`: Lever knew the person, whose headline and location are then not overwritten. `existed`:
    Lever had the opportunity itself already, whose sources then stay. `decided`: an earlier attempt saw what
    was missing; only what failed then is written, since people may have changed the rest.
    """

    opportunity: str
    wanted: JsonObject
    known_person: bool = False
    existed: bool = False
    decided: bool = False

    async def done(self, work: Work, shown: JsonObject | None) -> bool:
        """Write what is missing; `shown` None: ask Lever what it shows. A failure is a warning.

        Returns whether it is known what was missing.
        """
        if shown is None:
            try:
                shown = await ask_single(work.lever, OPPORTUNITIES, self.opportunity)
            except LeverError as error:
                work.missed(f"The candidate was created, but could not be read to complete it: {error}")
                return False
        await self._contact(work, shown)
        for field, verb, called in (("links", "addLinks", "links"), ("tags", "addTags", "tags")):
            await self._add(work, shown, field, verb, called)
        if not self.existed:
            await self._add(work, shown, "sources", "addSources", "source")
        await self._stage(work, shown)
        return True

    def _open(self, work: Work, step: str) -> bool:
        """Tell whether a step is to be taken still."""
        return not self.decided or (step in work.steps and not work.is_done(step))

    async def _contact(self, work: Work, shown: JsonObject) -> None:
        """Complete the person: all their opportunities show it."""
        changes = self._changes_of_person(shown)
        if not changes or not self._open(work, "complete_contact"):
            return
        contact = shown.get("contact")
        await work.follow_up(
            "complete_contact",
            Outgoing("PUT", path_to("contacts", str(contact)), work.params, json=changes),
            Shows(self.opportunity, lambda record: not self._changes_of_person(record)),
            what="The candidate was created, but further addresses, numbers or details were not written",
        )

    def _changes_of_person(self, shown: JsonObject) -> JsonObject:
        changes: JsonObject = {}
        emails = _missing(self.wanted.get("emails"), shown.get("emails"), _folded)
        if emails:
            changes["emails"] = [*_list(shown.get("emails")), *emails]
        phones = _missing(self.wanted.get("phones"), shown.get("phones"), _number)
        kinds = {_number(each): each for each in _list(self.wanted.get("phones"))}
        kept = [
            kinds.get(_number(each), each) if isinstance(each, dict) and not each.get("type") else each
            for each in _list(shown.get("phones"))
        ]
        if phones or kept != _list(shown.get("phones")):
            changes["phones"] = [*kept, *phones]
        for field in ("headline", "location"):
            wanted, has = self.wanted.get(field), shown.get(field)
            if wanted and wanted != has and not (has and self.known_person):
                changes[field] = wanted
        return changes

    async def _add(self, work: Work, shown: JsonObject, field: str, verb: str, called: str) -> None:
        form = _link if field == "links" else _folded
        missing = _missing(self.wanted.get(field), shown.get(field), form)
        if missing and self._open(work, f"add_{field}"):
            await work.follow_up(
                f"add_{field}",
                Outgoing(
                    "POST",
                    path_to("opportunities", self.opportunity, verb),
                    work.params,
                    json={field: missing},
                ),
                Shows(self.opportunity, lambda record: not _missing(missing, record.get(field), form)),
                what=f"The candidate was created, but the {called} could not be added",
            )

    async def _stage(self, work: Work, shown: JsonObject) -> None:
        stage = self.wanted.get("stage")
        if stage and stage != shown.get("stage") and self._open(work, "set_stage"):
            await work.follow_up(
                "set_stage",
                Outgoing(
                    "PUT",
                    path_to("opportunities", self.opportunity, "stage"),
                    work.params,
                    json={"stage": stage},
                ),
                Shows(self.opportunity, lambda record: record.get("stage") == stage),
                what="The candidate was created, but not put into the stage",
            )


def _missing(wanted: JsonValue, shown: JsonValue, form: Callable[[JsonValue], str]) -> list[JsonValue]:
    """Return what is wanted and not shown, each once."""
    there = _forms(_list(shown), form)
    new: dict[str, JsonValue] = {}
    for each in _list(wanted):
        if form(each) not in there:
            new.setdefault(form(each), each)
    return list(new.values())


def _forms(values: Iterable[JsonValue], form: Callable[[JsonValue], str]) -> set[str]:
    return {form(each) for each in values}


def _folded(value: JsonValue) -> str:
    return str(value).strip().casefold()


def _link(value: JsonValue) -> str:
    return str(value).strip().rstrip("/")


def _number(value: JsonValue) -> str:
    """Return the digits of a phone number, or a text without any as it is."""
    text = str(value.get("value") if isinstance(value, dict) else value)
    return "".join(each for each in text if each.isdigit()) or text


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
