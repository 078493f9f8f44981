"""What it means when reading below many parents fails: their own trouble, an outage, or nothing there."""

from dataclasses import dataclass, field
from typing import get_args

from lever_assets.lever import (
    AuthenticationError,
    LeverError,
    NotFoundError,
    PermissionMissingError,
    RateLimitedError,
    UnavailableError,
)

AT_LEAST = 20
SHARE = 0.05
"""So many failures in all, and more than that share of all parents, are an outage.

So are so many in a row, unless what was read before can still be read."""
SAMPLE = 8
"""How many parents are asked before the first success; if all are refused alike, it is not their doing."""

NotThere = PermissionMissingError | NotFoundError
"""Lever refuses a list that may be there for other keys (403), or says that there is none (404)."""


def concerns_all(error: LeverError) -> bool:
    """Tell whether no single record can be to blame: the key is refused or overused, or nobody is reached."""
    if isinstance(error, UnavailableError):
        return error.lasting or not error.sent
    return isinstance(error, AuthenticationError | RateLimitedError)


@dataclass
class Course:
    """How a reading below many parents goes.

    Failures that were to be expected are no news, and count for nothing.
    """

    well: int = 0
    failed: int = 0
    in_a_row: int = 0
    _kinds: set[type[LeverError]] = field(default_factory=set)

    def went_well(self) -> None:
        """Count a parent that was read."""
        self.well += 1
        self.in_a_row = 0

    def went_wrong(self, error: LeverError, *, known: bool) -> None:
        """Count a parent that was not; `known`: nor was it in an earlier run, or the parent is gone."""
        self._kinds.add(type(error))
        if not known:
            self.failed += 1
            self.in_a_row += 1

    def is_outage(self, total: int) -> bool:
        """Tell whether so many failed of a total that it is not their own doing."""
        return self.failed >= AT_LEAST and self.failed > SHARE * total

    @property
    def stuck(self) -> bool:
        """Whether so many failed in a row that all may."""
        return self.in_a_row >= AT_LEAST

    @property
    def refused_alike(self) -> bool:
        """Whether every one so far was refused in the same way (403 or 404)."""
        return not self.well and len(self._kinds) == 1 and self._kinds <= set(get_args(NotThere))
