"""How settings are written: the texts of the environment, checked and made into what they stand for."""

import re
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

_HOST_NAME = re.compile(r"([a-z0-9]([a-z0-9_.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?")
"""A name or an address, without or with its port."""
_VIEW_NAME = re.compile("[a-z_][a-z0-9_]{0,29}")
"""With the longest name of a model behind it, less than the 63 that PostgreSQL takes."""
_KEPT_BY_DATABASES = ("pg_", "sqlite_", "information_schema")
"""So names begin that are theirs: they refuse to make such a thing, or leave it out of a backup."""
_OWNER = re.compile(r"team:.+|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
"""As Dagster takes them."""


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _in_lower_case(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _web_address(value: str) -> str:
    if not is_web_address(value):
        raise ValueError("write a web address such as https://example.com")
    return value


def is_web_address(value: str) -> bool:
    """Tell whether a text is an address with http or https."""
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _names(value: object) -> object:
    """Split a text at its commas; names are in lower case, blank ones don't count."""
    if not isinstance(value, str):
        return value
    return tuple(name for part in value.split(",") if (name := part.strip().lower()))


def _owners(value: object) -> object:
    """Split a text at its commas: addresses, and teams as `team:people`."""
    if not isinstance(value, str):
        return value
    return tuple(name for part in value.split(",") if (name := part.strip()))


def _check_owners(owners: tuple[str, ...]) -> tuple[str, ...]:
    if not all(map(_OWNER.fullmatch, owners)):
        raise ValueError("write addresses such as jo@example.com and teams such as team:people")
    return owners


def _networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    if any("%" in each for each in networks):
        raise ValueError("write addresses without a zone (what follows the %), such as fe80::1")
    try:
        return tuple(str(ip_network(each)) for each in networks)
    except ValueError:
        raise ValueError("write networks such as 10.0.0.0/8, or addresses, with commas between") from None


def _view_name(name: str) -> str:
    if not _VIEW_NAME.fullmatch(name) or name.startswith(_KEPT_BY_DATABASES):
        raise ValueError(
            "write a letter, then letters, digits and _, up to 30 in all, and none of "
            f"{', '.join(_KEPT_BY_DATABASES)} in front"
        )
    return name


def _host_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(map(_HOST_NAME.fullmatch, names)):
        raise ValueError("write names of hosts such as dagster.example.com, with commas between")
    return names


OptionalText = Annotated[str | None, BeforeValidator(_blank_is_none)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_blank_is_none)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
OptionalAddress = Annotated[WebAddress | None, BeforeValidator(_blank_is_none)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
Networks = Annotated[Names, AfterValidator(_networks)]
HostNames = Annotated[Names, AfterValidator(_host_names)]
Owners = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_owners), AfterValidator(_check_owners)]
Word = BeforeValidator(_in_lower_case)
ViewName = Annotated[Annotated[str, AfterValidator(_view_name)] | None, Word]
Number = Annotated[int, Field(ge=0, le=1_000_000_000)]
Positive = Annotated[int, Field(ge=1, le=1_000_000_000)]


def urls(value: SecretStr | None) -> list[str]:
    """Return the texts between spaces and commas, each once."""
    texts = [] if value is None else re.split(r"[\s,]+", value.get_secret_value())
    return list(dict.fromkeys(text for text in texts if text))
