"""The settings in force, for whoever looks whether they are meant: without what is secret."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from pydantic import SecretStr

from lever_assets.environment import PREFIX
from lever_assets.settings import Settings

_ALWAYS = frozenset(
    {
        "candidate_cutoff",
        "only_created",
        "exclude",
        "insight",
        "offers",
        "retention_days",
        "change_history",
        "remote_data",
        "sync_window",
        "sync_start",
        "notice_urls",
    }
)
"""They say what is kept, for how long, and who is told: shown also when they are as by default."""
_PLACES = frozenset({"data_dir"})
"""They have no default that is the same everywhere, and are told with the database."""


@dataclass(frozen=True)
class InForce:
    """One setting as text; `by_default`: it was not changed."""

    name: str
    value: str
    by_default: bool


def in_force(settings: Settings, now: datetime) -> tuple[InForce, ...]:
    """Return what was set, and what says which data is kept; of secrets only that they are set."""
    shown = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        by_default = value == field.default
        if name not in _PLACES and (name in _ALWAYS or not by_default):
            shown.append(InForce(f"{PREFIX}{name.upper()}", as_text(settings, name, now), by_default))
    return tuple(shown)


def as_text(settings: Settings, name: str, now: datetime) -> str:
    """Return one setting as people read it; of a secret only that it is set."""
    return _SPECIAL[name](settings, now) if name in _SPECIAL else _text(getattr(settings, name))


def host_of(url: str) -> str:
    """Return an address without what may be secret in it: the host, and the port if it says one."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    except ValueError:
        return "?"


def _text(value: object) -> str:
    match value:
        case None | ():
            return "none"
        case bool():
            return str(value).lower()
        case SecretStr():
            return "set"
        case tuple():
            return ", ".join(map(str, value))
        case str() if "://" in value:
            return f"{urlsplit(value).scheme}://{host_of(value)}"
    return str(value)


def _cutoff(settings: Settings, now: datetime) -> str:
    first = settings.cutoff_at(now)
    match settings.candidate_cutoff:
        case timedelta() as days:
            return f"{days.days}d: since {first:%Y-%m-%d}"
        case date() as day:
            return f"since {day}"
    return "none"


def _start(settings: Settings, _now: datetime) -> str:
    if settings.first_day == settings.sync_start:
        return str(settings.sync_start)
    return f"{settings.sync_start}, in the future: {settings.first_day} until then"


def _notices(settings: Settings, _now: datetime) -> str:
    return ", ".join(map(host_of, settings.told_urls)) or "none"


def _base(settings: Settings, _now: datetime) -> str:
    # Whole, as `doctor` has it: without its version it would be a wrong one. What may be secret is left out.
    try:
        parts = urlsplit(settings.base_url)
    except ValueError:
        return "?"
    return f"{parts.scheme}://{host_of(settings.base_url)}{parts.path}"


_SPECIAL: Mapping[str, Callable[[Settings, datetime], str]] = {
    "candidate_cutoff": _cutoff,
    "sync_start": _start,
    "notice_urls": _notices,
    "base_url": _base,
}
