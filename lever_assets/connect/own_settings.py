"""Settings that a connection has of its own, over those of the environment."""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue, ValidationError

from lever_assets.environment import PREFIX
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import GivenSettings, Settings, SettingsError

_NEXT_SYNC = "It counts from the next sync on; nothing is read or mapped again for it."
_LEAVING_OUT = (
    "The next sync marks what is left out by then, and reads the whole list again when more is to be kept; "
    "nothing is mapped again."
)
_WINDOWS = "Its partitions in Dagster become others; nothing is read or mapped again."
_NEXT_REQUEST = "It counts from the next sync or action on."
_NEXT_ACTION = "It counts from the next action on."
_NEXT_ORDER = "It counts from the next assessment on."
_NEXT_RESULT = "It counts from the next result on."

OWN: Mapping[str, str] = {
    "sync_window": _WINDOWS,
    "sync_start": _WINDOWS,
    "candidate_cutoff": _LEAVING_OUT,
    "only_created": _LEAVING_OUT,
    "exclude": (
        "The next sync takes out what is left out, reads again what is wanted again, and maps everything "
        "again."
    ),
    "extra_models": (
        "The next sync takes out what is named no more, and reads what is named now, with its history."
    ),
    "insight": "The next sync fills those models from what was read, or takes them out; nothing is read.",
    "eeo": (
        "Switched on, the next full sync or reconcile counts the answers; connected by OAuth, connect again, "
        "for one permission more. Switched off, the next sync takes the counts out."
    ),
    "offers": "With `all` the next sync asks for offers where it did not before; nothing is mapped again.",
    "retention_days": "It counts from the next sync or erasure on.",
    "perform_as": _NEXT_ACTION,
    "source_name": _NEXT_ACTION,
    "assessment_stage": "Whoever arrives in that stage from now on is assessed; without it nobody is.",
    "assessment_default_package": _NEXT_ORDER,
    "assessment_tag_prefix": _NEXT_ORDER,
    "assessment_result_stage": _NEXT_RESULT,
    "assessment_feedback_template": _NEXT_RESULT,
    "rate_limit": _NEXT_REQUEST,
    "rate_burst": _NEXT_REQUEST,
    "watch_budget": _NEXT_SYNC,
    "watch_minutes": _NEXT_SYNC,
    "snapshot_minutes": _NEXT_SYNC,
    "reconcile_budget": _NEXT_SYNC,
    "deletion_share": _NEXT_SYNC,
}
"""By their names in `Settings`, what a change of each does; what is of the machine, or of all accounts, is
the environment's alone."""


def stated(texts: Iterable[str]) -> dict[str, JsonValue]:
    """Return settings written as NAME=VALUE; without a value, one is None. Raises SettingsError."""
    found: dict[str, JsonValue] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"Write a setting as NAME=VALUE, such as candidate_cutoff=90d, not {text!r}.")
        found[name.strip().lower().removeprefix(PREFIX.lower())] = value.strip() or None
    return found


def with_own(settings: Settings, own: Mapping[str, JsonValue]) -> Settings:
    """Return an account's settings: these, and over them its own, by name, as JSON has them.

    Raises SettingsError, which names the connection and the setting, for one that can't be used or is none.
    """
    if not own:
        return settings
    where = f"The connection {settings.connection!r}"
    unknown = sorted(set(own) - set(OWN))
    if unknown:
        raise SettingsError(
            f"{where} can't have {', '.join(unknown)} of its own; it can have {', '.join(OWN)}."
        )
    given = {name: getattr(settings, name) for name in Settings.model_fields}
    try:
        found = GivenSettings(**{**given, **own})
        if own.keys() & {"exclude", "extra_models"}:
            Exclusion.of(found)
        return found
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        told = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{where} has a setting that can't be used: {first['loc'][0]}: {told}.") from None
    except SettingsError as error:  # each may be right, but not beside the environment's
        raise SettingsError(f"{where} has settings of its own that can't be used: {error}") from None
