"""A self-hosted Lever connector: 19 unified ATS models as Dagster assets over the Lever Data API.

These names are what other projects and notebooks import (docs/dagster.md, docs/dataframes.md). Each is loaded
when it is asked for: importing the package alone loads none of it, and reads nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lever_assets.frames.frame import frame
    from lever_assets.orchestration.building import build_lever_definitions
    from lever_assets.orchestration.component import LeverComponent
    from lever_assets.orchestration.layout import LeverTable
    from lever_assets.orchestration.resources import LeverAccount, LeverDatabase
    from lever_assets.orchestration.tables import LeverTables

__all__ = [
    "LeverAccount",
    "LeverComponent",
    "LeverDatabase",
    "LeverTable",
    "LeverTables",
    "build_lever_definitions",
    "frame",
]

_PLACES = {
    "LeverAccount": "lever_assets.orchestration.resources",
    "LeverComponent": "lever_assets.orchestration.component",
    "LeverDatabase": "lever_assets.orchestration.resources",
    "LeverTable": "lever_assets.orchestration.layout",
    "LeverTables": "lever_assets.orchestration.tables",
    "build_lever_definitions": "lever_assets.orchestration.building",
    "frame": "lever_assets.frames.frame",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(place), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
