"""How the effect of a write is recognised in Lever, when nobody heard whether it happened."""

from dataclasses import dataclass
from typing import Protocol
from unicodedata import normalize

from pydantic import JsonValue

from lever_assets.lever import JsonObject, LeverClient
from lever_assets.lever.paths import path_to
from lever_assets.lever.resources import OPPORTUNITIES
from lever_assets.sync.fetch.singles import ask_single


class CannotTellError(Exception):
    """Lever can't tell whether the write happened; says why."""


def as_compared(text: str) -> str:
    """Return the form in which two tags or sources are the same to Lever, however they are spelt."""
    return normalize("NFC", text).strip().casefold()


class Effect(Protocol):
    """What a write brings about.

    What `before` returns is kept in the ledger, so that the effect can be told from what was there. What
    `found` returns are Lever's ids; it raises CannotTellError when Lever shows something, but can't tell.
    """

    async def before(self, lever: LeverClient) -> JsonValue:
        """Return what is to be kept before the write is sent."""

    async def found(self, lever: LeverClient, before: JsonValue) -> JsonObject | None:
        """Return what to keep of the effect, None when Lever does not show it."""


@dataclass(frozen=True)
class _OnOpportunity:
    """An effect that the opportunity itself shows."""

    opportunity: str

    async def before(self, lever: LeverClient) -> JsonValue:  # noqa: ARG002 -- nothing to tell apart
        """Nothing needs to be kept: the effect is a state, whoever brought it about."""
        return None

    async def found(self, lever: LeverClient, before: JsonValue) -> JsonObject | None:  # noqa: ARG002
        """Look at the opportunity."""
        record = await ask_single(lever, OPPORTUNITIES, self.opportunity)
        return {} if self.shown_by(record) else None

    def shown_by(self, record: JsonObject) -> bool:
        """Tell whether the opportunity shows the effect."""
        raise NotImplementedError


@dataclass(frozen=True)
class Has(_OnOpportunity):
    """One of the opportunity's lists (`tags`, `links`, `sources`) holds a text."""

    listed: str
    text: str

    def shown_by(self, record: JsonObject) -> bool:
        """Compare the texts; tags and sources are the same in other capitals, links are not."""
        texts = record.get(self.listed)
        return isinstance(texts, list) and any(
            isinstance(each, str) and self._form(each) == self._form(self.text) for each in texts
        )

    def _form(self, text: str) -> str:
        return text.strip().rstrip("/") if self.listed == "links" else as_compared(text)


@dataclass(frozen=True)
class Lacks(Has):
    """One of the opportunity's lists does not hold a text."""

    def shown_by(self, record: JsonObject) -> bool:
        """The opposite of holding it; what is no list shows nothing."""
        return isinstance(record.get(self.listed) or [], list) and not super().shown_by(record)


@dataclass(frozen=True)
class InStage(_OnOpportunity):
    """The opportunity stands in a stage."""

    stage: str

    def shown_by(self, record: JsonObject) -> bool:
        """Compare the stage."""
        return record.get("stage") == self.stage


@dataclass(frozen=True)
class ArchivedFor(_OnOpportunity):
    """The opportunity is archived for a reason."""

    reason: str

    def shown_by(self, record: JsonObject) -> bool:
        """Compare the reason."""
        archived = record.get("archived")
        return isinstance(archived, dict) and archived.get("reason") == self.reason


@dataclass(frozen=True)
class Added:
    """A record of a list below the opportunity (`notes`, `files`) that was not there before.

    What identifies it besides being new is for `is_it` to say.
    """

    opportunity: str
    listed: str

    async def before(self, lever: LeverClient) -> JsonValue:
        """Return the ids of those that look like it already."""
        return [each["id"] for each in await self._alike(lever)]

    async def found(self, lever: LeverClient, before: JsonValue) -> JsonObject | None:
        """Look for one that is new; two of them can't be told apart without the ledger."""
        new = await self.new(lever, before)
        if len(new) > 1:
            raise CannotTellError(f"Lever has {len(new)} new {self.listed} that look like it")
        return new[0] if new else None

    async def new(self, lever: LeverClient, before: JsonValue) -> list[JsonObject]:
        """Return what to keep of each one that is new; whose it is, is for the ledger to say."""
        if not isinstance(before, list):
            raise CannotTellError("what was there before could not be read")
        return [{"id": each["id"]} for each in await self._alike(lever) if each["id"] not in before]

    async def _alike(self, lever: LeverClient) -> list[JsonObject]:
        listed = await lever.list_all(path_to("opportunities", self.opportunity, self.listed))
        return [each for each in listed if isinstance(each.get("id"), str) and self.is_it(each)]

    def is_it(self, record: JsonObject) -> bool:
        """Tell whether a record looks like the one that was to be added."""
        raise NotImplementedError


@dataclass(frozen=True)
class NoteAdded(Added):
    """A note with a text, by a user if one was named."""

    text: str = ""
    user: str | None = None

    def is_it(self, record: JsonObject) -> bool:
        """Compare the text, whose ends Lever may trim, and the author."""
        fields = record.get("fields")
        if not isinstance(fields, list):
            return False
        return any(
            isinstance(each, dict)
            and str(each.get("value") or "").strip() == self.text.strip()
            and (self.user is None or self.user in {each.get("user"), record.get("user")})
            for each in fields
        )


@dataclass(frozen=True)
class FileAdded(Added):
    """A file with a name and a size in bytes. `others` are files that are known to be of other steps."""

    name: str = ""
    size: int = 0
    others: frozenset[str] = frozenset()

    def is_it(self, record: JsonObject) -> bool:
        """Compare name and size; a size that Lever does not tell does not count."""
        size = record.get("size")
        if record.get("id") in self.others:
            return False
        return record.get("name") == self.name and (size is None or size == self.size)
