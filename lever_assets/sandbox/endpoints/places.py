"""How the parts of the API are called when a key or an account lacks them."""

from __future__ import annotations

from collections.abc import Iterable

from lever_assets.sandbox.endpoints.reads import READS
from lever_assets.sandbox.endpoints.route import Route
from lever_assets.sandbox.endpoints.writes import WRITES


def places(route: Route) -> frozenset[str]:
    """The names that mean an endpoint: `offers`, `offers:read`, `/opportunities/:id/offers`."""
    return frozenset({route.resource, f"{route.resource}:{route.access}", route.template})


def check_places(names: Iterable[str]) -> frozenset[str]:
    """The names, or a ValueError for the first that means no endpoint."""
    given = frozenset(names)
    known = frozenset().union(*(places(route) for route in (*READS, *WRITES)))
    if unknown := sorted(given - known):
        resources = ", ".join(sorted(name for name in known if not name.startswith("/")))
        raise ValueError(
            f"there is no {unknown[0]}; there are {resources}, and paths such as /postings/:id/apply"
        )
    return given
