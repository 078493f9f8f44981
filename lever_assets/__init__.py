"""A self-hosted Lever connector: 19 unified ATS models as Dagster assets over the Lever Data API.

What other projects and notebooks use of it is here by name, and imported when it is asked for: pandas and
Dagster take a second each.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lever_assets.frames.frame import frame
    from lever_assets.orchestration.tables import LeverTables

__all__ = ["LeverTables", "frame"]

_PLACES = {
    "LeverTables": "lever_assets.orchestration.tables",
    "frame": "lever_assets.frames.frame",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
