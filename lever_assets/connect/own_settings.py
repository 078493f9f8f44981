"""Settings that a connection has of its own, over those of the environment."""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from lever_assets.environment import PREFIX
from lever_assets.settings import Settings, SettingsError

OWN = (
    "sync_window",
    "sync_start",
    "candidate_cutoff",
    "only_created",
    "exclude",
    "offers",
    "retention_days",
    "perform_as",
    "source_name",
    "rate_limit",
    "rate_burst",
    "watch_budget",
    "watch_minutes",
    "snapshot_minutes",
    "reconcile_budget",
    "deletion_share",
)
"""By their names in `Settings`; what is of the machine, or of all accounts, is the environment's alone."""


def stated(texts: Iterable[str]) -> dict[str, JsonValue]:
    """Return settings written as NAME=VALUE; without a value, one is None. Raises SettingsError."""
    found: dict[str, JsonValue] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"Write a setting as NAME=VALUE, such as candidate_cutoff=90d, not {text!r}.")
        found[name.strip().lower().removeprefix(PREFIX.lower())] = value.strip() or None
    return found


class _Given(Settings):
    """Settings that are given, every one, and not read from the environment again."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic gives it by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from."""
        return (init_settings,)


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
        return _Given(**{**given, **own})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        told = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{where} has a setting that can't be used: {first['loc'][0]}: {told}.") from None
