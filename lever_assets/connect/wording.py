"""How messages name a command for a connection, and what they say to do about its key or token.

Who reads "run `lever-assets sync`" copies it. Without the connection's name it would be about another one, or
refused, wherever there are several. So each command in a message that depends on the connection is made here.
"""

from collections.abc import Collection

from lever_assets.environment import PREFIX
from lever_assets.lever.access import CONFIDENTIAL, place_of
from lever_assets.lever.faults import ACCESS_TOKEN, API_KEY, CREDENTIALS, WRITES, LetInBy
from lever_assets.lever.resources import RESOURCES

_TO_READ = frozenset(
    {CONFIDENTIAL, *(place_of(each.path).permission for each in RESOURCES)},
)
"""What a connection to read alone asks for, at most."""
_MADE = f"it may be mistyped or revoked; keys are made {CREDENTIALS}"
KEY_OF_ENVIRONMENT = LetInBy(API_KEY.name, f"check LEVER_API_KEY: {_MADE}", API_KEY.if_lacking)
KEY_JUST_GIVEN = LetInBy(
    API_KEY.name,
    f"check the key that was just given: {_MADE}. Nothing was kept of it",
    API_KEY.if_lacking,
)
TOKEN_JUST_GIVEN = LetInBy(
    ACCESS_TOKEN.name,
    "check that the app is one of this environment's, and connect again. Nothing was kept of it",
    ACCESS_TOKEN.if_lacking,
)


def command(words: str, connection: str | None) -> str:
    """Return a command of ours as messages have it, for a connection that was made by `connect`.

    None: it is about the environment's own account, which is meant without a name.
    """
    return f"`lever-assets {words}{'' if connection is None else f' --connection {connection}'}`"


def command_of_given(words: str, name: str) -> str:
    """Return `command` for an account that code gives: Dagster has its jobs, our sync knows none."""
    jobs = {"sync": f"{name}_sync", "sync --full": f"{name}_full_sync"}
    job = jobs.get(words)
    return command(words, name) if job is None else f"its job `{job}` in Dagster (`dg launch --job {job}`)"


def setting_of_given(name: str, account: str) -> str:
    """Return what a setting of an account that code gives is called in messages; `name` as in `Settings`."""
    return f"the {name} that your code gives the account {account!r}"


def setting(name: str, connection: str | None) -> str:
    """Return what a setting is called in messages; `name` and `connection` as in `Settings` and `command`.

    A stored connection's is its own, which goes before the environment's.
    """
    return f"{PREFIX}{name.upper()}" if connection is None else f"{name} of the connection {connection!r}"


def set_by(name: str, connection: str | None) -> str:
    """Return where a setting is set: the variable, or the command for a stored connection's own."""
    if connection is None:
        return setting(name, None)
    return f"`lever-assets connections set {connection} {name}=…`"


def reconnect_by_key(name: str) -> str:
    """Return the command that gives a connection another key."""
    return f"`lever-assets connect {name} --api-key`"


def reconnect_by_oauth(name: str, scopes: Collection[str]) -> str:
    """Return the command after which a connection has what it has by now: a new token of the same kind."""
    return f"`lever-assets connect {name}{' --read-only' if is_read_only(scopes) else ''}`"


def connect_again(name: str, kind: str | None) -> str:
    """Return the command that connects a removed connection again; of an unknown kind (None) both ways."""
    by_page = f"`lever-assets connect {name}`"
    if kind is None:
        return f"{by_page}, or {reconnect_by_key(name)} with a key,"
    return reconnect_by_key(name) if kind == "api_key" else by_page


def is_read_only(scopes: Collection[str]) -> bool:
    """Tell whether a token was not meant to write: nothing to write is among its scopes."""
    return not any(WRITES in each for each in scopes)


def writing_too(name: str) -> str:
    """Return what makes a connection to read alone one that writes as well."""
    return (
        f"connect again without `--read-only`: `lever-assets connect {name}`, and accept it on Lever's page"
    )


def by_given_key(name: str) -> LetInBy:
    """Return what to do about the key of an account that code gives: none of the variables counts for it."""
    return LetInBy(
        API_KEY.name,
        f"check {setting_of_given('api_key', name)}: {_MADE}",
        API_KEY.if_lacking,
        address=setting_of_given("base_url", name),
        rate=setting_of_given("rate_limit", name),
    )


def kept_address(name: str, scopes: Collection[str] | None) -> str:
    """Return what says where the Lever of a stored connection is: what is kept with it, not the variable.

    `scopes` are those of its token; None: it has a key.
    """
    how = " --api-key" if scopes is None else " --read-only" if is_read_only(scopes) else ""
    again = f"`lever-assets connect {name}{how} --environment custom`"
    return f"the address that is kept with the connection ({again} with LEVER_BASE_URL set moves it)"


def by_stored_key(name: str) -> LetInBy:
    """Return what to do about the key of a connection."""
    again = f"give the connection another key: {reconnect_by_key(name)}; keys are made {CREDENTIALS}"
    return LetInBy(
        API_KEY.name,
        f"it may be revoked in Lever: {again}",
        API_KEY.if_lacking,
        address=kept_address(name, None),
    )


def by_stored_token(name: str, scopes: Collection[str]) -> LetInBy:
    """Return what to do about the token of a connection."""
    again = reconnect_by_oauth(name, scopes)
    return LetInBy(
        ACCESS_TOKEN.name,
        f"it was revoked in Lever, or has ended: connect again with {again}",
        f"connect again with {again}, as somebody who has it, and accept it there",
        if_left_out=writing_too(name),
        asked_for=_TO_READ if is_read_only(scopes) else None,
        address=kept_address(name, scopes),
    )
