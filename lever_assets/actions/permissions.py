"""Which permissions of Lever's a connection needs: to read, to be told of changes, to write back."""

from collections.abc import Iterator
from dataclasses import dataclass

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.lever.paths import scope
from lever_assets.lever.resources import RESOURCES
from lever_assets.policy.exclusion import Exclusion

CONFIDENTIAL = "confidential:access:admin"
_WEBHOOKS = ("webhooks:read:admin", "webhooks:write:admin")


@dataclass(frozen=True)
class Permission:
    """One of Lever's permissions by its name there, and what it is needed for, in words."""

    scope: str
    purpose: str

    @property
    def writes(self) -> bool:
        """Whether something in Lever can be changed with it."""
        return ":write:" in self.scope


def needed(exclusion: Exclusion, *, read_only: bool = False) -> tuple[Permission, ...]:
    """Return what a connection needs that leaves this out, each permission once; reading first.

    `read_only`: nothing is to be written back; webhooks, too, are subscribed to by writing.
    """
    purposes: dict[str, list[str]] = {}
    for name, purpose in _purposes(exclusion, read_only=read_only):
        known = purposes.setdefault(name, [])
        if purpose not in known:
            known.append(purpose)
    return tuple(Permission(name, "; ".join(told)) for name, told in purposes.items())


def _purposes(exclusion: Exclusion, *, read_only: bool) -> Iterator[tuple[str, str]]:
    yield from _reading(exclusion)
    if read_only:
        return
    for name in _WEBHOOKS:
        yield name, "is told by Lever when something changes"
    for action in ACTIONS:
        for name in action.scopes:
            yield name, f"{action.title[0].lower()}{action.title[1:]}"


def _reading(exclusion: Exclusion) -> Iterator[tuple[str, str]]:
    for resource in RESOURCES:
        if exclusion.needs(resource.name):
            told = f"{resource.description[0].lower()}{resource.description[1:]}"
            yield scope("GET", resource.path.format(parent=":id")), f"reads {told}"
    yield CONFIDENTIAL, "reads confidential postings, candidates and requisitions, too"
