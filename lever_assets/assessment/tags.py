"""The tags by which assessments are asked for in Lever, and by which it is seen how they stand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lever_assets.store.assessments import Package

_SENT = "sent"
_COMPLETED = "completed"
RESERVED = frozenset({_SENT, _COMPLETED})
"""What no package is called in a tag, since these say how an assessment stands."""


@dataclass(frozen=True)
class Tags:
    """The tags that begin with a prefix; one blank stands behind it, however it is written."""

    prefix: str

    @property
    def sent(self) -> str:
        """Says that the vendor has the order."""
        return self.of(_SENT)

    @property
    def completed(self) -> str:
        """Says that there is a result."""
        return self.of(_COMPLETED)

    def of(self, name: str) -> str:
        """Return the tag for a name."""
        return f"{self.prefix.strip()} {name.strip()}"

    def names(self, tags: Iterable[object]) -> list[str]:
        """Return what those tags name that begin so, each once; not what says how an assessment stands."""
        return list(dict.fromkeys(self._names(tags)))

    def _names(self, tags: Iterable[object]) -> Iterator[str]:
        begins = self.prefix.strip().casefold()
        for each in tags:
            if isinstance(each, str) and each.strip().casefold().startswith(begins):
                name = each.strip().casefold().removeprefix(begins).strip()
                if name and name not in RESERVED:
                    yield name


def named(packages: Iterable[Package], name: str) -> Package | None:
    """Return the package of an id or, if none has it, of a name; case and blanks around don't count."""
    wanted, every = name.strip().casefold(), list(packages)
    by_id = (each for each in every if each.id.strip().casefold() == wanted)
    by_name = (each for each in every if each.name.strip().casefold() == wanted)
    return next(by_id, None) or next(by_name, None)
