"""Asking Lever: one small request for each question, in bounded time; whatever comes of it is an answer."""

import asyncio
from dataclasses import dataclass

from pydantic import JsonValue

from lever_assets.lever import (
    AuthenticationError,
    LeverClient,
    LeverError,
    MalformedError,
    Params,
    PermissionMissingError,
    RateLimitedError,
    UnavailableError,
)
from lever_assets.prerequisites.findings import Verdict, as_sentence

ONE: Params = {"limit": 1}


@dataclass(frozen=True)
class Heard:
    """What came of a question: what Lever gave (`data`), or the error; neither when it was not `asked`."""

    data: JsonValue = None
    error: LeverError | None = None
    asked: bool = True

    @property
    def verdict(self) -> Verdict:
        """What it says of the permission that was needed for it."""
        if isinstance(self.error, PermissionMissingError):
            return Verdict.MISSING
        return Verdict.FINE if self.asked and self.error is None else Verdict.CANT_TELL

    @property
    def unanswered(self) -> bool:
        """Whether Lever was asked and did not say, for a reason that may pass."""
        return isinstance(self.error, UnavailableError | RateLimitedError | MalformedError)

    @property
    def sentence(self) -> str:
        """What went wrong; of what was not asked, that it was not. Of a refusal without how to mend it."""
        if not self.asked:
            return "Lever was not asked, as said above."
        if self.error is None:
            return ""
        return as_sentence(self.error.problem if self.verdict is Verdict.MISSING else str(self.error))

    @property
    def first_id(self) -> str | None:
        """The id of the first record of a list; None if there is none."""
        first = self.data[0] if isinstance(self.data, list) and self.data else None
        found = first.get("id") if isinstance(first, dict) else None
        return found if isinstance(found, str) else None


NOT_ASKED = Heard(asked=False)


class Asking:
    """Asks with an open client, each question for up to `seconds`, tries and waits included.

    Once Lever refuses the key or can't be reached (`barred`), nothing more is asked: all would hear the same.
    """

    def __init__(self, lever: LeverClient, seconds: float) -> None:
        self.lever = lever
        self.barred = False
        self._seconds = seconds

    async def ask(self, path: str, params: Params = ONE) -> Heard:
        """Return what comes of GET `path`, usually of a list with one record at most; raises nothing."""
        if self.barred:
            return NOT_ASKED
        lever = self.lever.counting()  # of its own, so that its trouble is nobody else's
        lever.trouble = None
        try:
            async with asyncio.timeout(self._seconds):
                return Heard(await lever.get(path, params))
        except LeverError as error:
            return Heard(error=error)
        except TimeoutError:
            return Heard(error=lever.trouble or self._late())

    async def ask_first(self, path: str) -> Heard:
        """As `ask`, before all others: what it hears may concern them all."""
        heard = await self.ask(path)
        if isinstance(heard.error, AuthenticationError | UnavailableError):
            self.barred = True
        return heard

    def _late(self) -> UnavailableError:
        return UnavailableError(
            f"Lever did not answer within {self._seconds:g} seconds",
            "try again when no sync is under way, which takes up what Lever allows",
        )
