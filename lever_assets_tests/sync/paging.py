"""Lists in pages of a test's own making: of few records or none, with tokens that expire."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from pydantic import JsonValue

from lever_assets_tests.meddling import Asked, Change, Reply

EXPIRED: JsonValue = {"code": "BadRequestError", "message": "Invalid offset token"}


@dataclass
class Paging:
    """Gives each list in pages of `size` records; a `Change` for a meddler.

    `gaps`: an empty page stands before every page. `expiring`: of each list the first token, which leads to
    its second page, is refused once; `refused` holds the paths of these lists.
    """

    size: int = 3
    gaps: bool = False
    expiring: bool = False
    refused: list[str] = field(default_factory=list)
    _rests: dict[str, tuple[int, list[JsonValue]]] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=count)

    def __call__(self, asked: Asked, reply: Reply) -> Reply:
        """Return the page that is asked for."""
        token = asked.params.get("offset", [""])[0]
        if token:
            number, rest = self._rests[token]
            if number == 1 and self.expiring and asked.path not in self.refused:
                self.refused.append(asked.path)
                return reply.giving(400, EXPIRED)
        elif reply.status == 200 and "hasNext" in reply.json:
            number, rest = 0, reply.records
        else:
            return reply
        length = 0 if self.gaps and number % 2 == 0 and rest else self.size
        return page(reply, rest[:length], self._token(number + 1, rest[length:]))

    def _token(self, number: int, rest: list[JsonValue]) -> str | None:
        if not rest:
            return None
        token = f"token {next(self._numbers)}"
        self._rests[token] = number, rest
        return token


def page(reply: Reply, records: list[JsonValue], following: str | None) -> Reply:
    """Return a page of a list, with the token of the one that follows, if one does."""
    beside: dict[str, JsonValue] = {"hasNext": following is not None}
    return reply.giving(200, {"data": records, **beside, **({"next": following} if following else {})})


def only(wanted: Callable[[str], bool], change: Change) -> Change:
    """Return the change for those paths alone."""
    return lambda asked, reply: change(asked, reply) if wanted(asked.path) else reply
