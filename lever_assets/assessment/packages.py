"""The packages that a vendor offers: checked, and kept in the place of those before."""

from collections import Counter
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from lever_assets.assessment.tags import RESERVED
from lever_assets.store import assessments
from lever_assets.store.assessments import Package
from lever_assets.sync.session import Session

_MOST = 1000


class PackagesError(Exception):
    """These packages can't be taken; says why and what to do."""


class PackageType(StrEnum):
    """What a package tests."""

    BEHAVIORAL = "BEHAVIORAL"
    VIDEO_INTERVIEW = "VIDEO_INTERVIEW"
    SKILLS_TEST = "SKILLS_TEST"
    BACKGROUND_CHECK = "BACKGROUND_CHECK"
    REFERENCE_CHECK = "REFERENCE_CHECK"


class _Part(BaseModel):
    # Fields that are not known are ignored: clients may be newer.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class OfferedPackage(_Part):
    """A package, as the unified API has it."""

    id: str = Field(pattern=r"\S", max_length=255)
    type: PackageType
    name: str = Field(pattern=r"\S", max_length=255)
    description: str = Field(max_length=10_000)


class Offered(_Part):
    """All that a vendor offers."""

    packages: tuple[OfferedPackage, ...] = Field(max_length=_MOST)


def offer(session: Session, offered: Offered) -> list[str]:
    """Let these be all packages of a connection; return what is to be known of it, in sentences.

    What is not among them is not ordered any more. Raises PackagesError where two have one id, StoreError.
    """
    first: dict[str, int] = {}
    for at, each in enumerate(offered.packages):
        if first.setdefault(each.id, at) != at:
            raise PackagesError(
                f"packages.{at}.id: packages.{first[each.id]} has the same; each needs one of its own."
            )
    with session.writing() as tx:
        rows = (Package(each.id, each.type.value, each.name, each.description) for each in offered.packages)
        assessments.replace_packages(tx, rows)
    return _doubts(offered)


def _doubts(offered: Offered) -> list[str]:
    names = Counter(each.name.strip().casefold() for each in offered.packages)
    alike = [f"several packages are called {name!r}" for name, count in names.items() if count > 1]
    taken = [f"no tag can name a package {name!r}" for name in names if name in RESERVED]
    return [f"In Lever {each}: a tag with the id tells which is meant." for each in (*alike, *taken)]
