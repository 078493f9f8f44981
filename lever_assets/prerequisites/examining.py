"""Looking at everything that a connection needs, and reporting on it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lever_assets.connect.account import Account
from lever_assets.lever.instants import LeverClock
from lever_assets.lever.paths import scope
from lever_assets.lever.resources import BY_NAME
from lever_assets.policy.exclusion import Exclusion
from lever_assets.prerequisites import database, lever_settings, machine, webhooks
from lever_assets.prerequisites import permissions as rights
from lever_assets.prerequisites.account import of_account
from lever_assets.prerequisites.asking import NOT_ASKED, Asking, Heard
from lever_assets.prerequisites.findings import Report
from lever_assets.prerequisites.known import Known
from lever_assets.prerequisites.permissions import Permission
from lever_assets.settings import Settings, SettingsError
from lever_assets.store.transaction import now

SECONDS = 8.0
"""How long each question to Lever may take, tries and waits included; three rounds of them are asked."""
_USERS = "/users"


def of_connection(settings: Settings, name: str | None) -> Settings:
    """Return the settings of a connection by its name (None: the default one); raises SettingsError."""
    if name is None or name == settings.connection:
        return settings
    raise SettingsError(
        f"There is no connection {name!r}: there is {settings.connection!r}, as LEVER_CONNECTION has it."
    )


@dataclass
class _Answers:
    """What Lever answered: to the very first question, for each permission, and to what else was asked."""

    first: Heard | None = None
    by_permission: Mapping[str, Heard | None] = field(default_factory=dict)
    confidential: Heard | None = None
    listed: Heard | None = None
    acting: Heard | None = None
    clock: LeverClock = field(default_factory=LeverClock)
    requests: int = 0


def examine(settings: Settings, granted: frozenset[str] | None = None, *, seconds: float = SECONDS) -> Report:
    """Look at the account, its permissions, Lever's settings, this machine and the database.

    Writes nothing to Lever. Opens the database as any command does, so that its tables are there afterwards.
    `granted` are the scopes of an OAuth token; None: an API key, of which Lever tells none. What can't be
    asked or opened is a finding: only a bad setting raises, as a SettingsError.
    """
    exclusion = Exclusion.of(settings)
    account = Account.default(settings)
    folder = machine.of_folder(settings)
    store, of_database = database.opened(settings)
    known = Known.without_tables(settings)
    if store is not None:
        with store.reading(account.name) as tx:
            known = Known.read(tx, settings)
        store.close()
    used = webhooks.are_used(settings, known)
    needed = rights.permissions(exclusion, webhooks=used)
    asked = rights.to_ask(needed, granted)
    if account.api_key is None:
        answers = _nothing_asked(asked, known)
    else:
        answers = asyncio.run(_ask(account, settings, known, asked, seconds))
    told = answers.by_permission
    lists = [told[each.name] for each in needed if each.name in told and each.kept and not each.below]
    return Report(
        account.name,
        (
            *of_account(account, answers.first, filter(None, lists), token=granted is not None),
            *(rights.reading(each, told.get(each.name), granted) for each in needed if not each.writes),
            *(rights.writing(each, granted) for each in needed if each.writes),
            lever_settings.confidential(answers.confidential, answers.listed, known, granted),
            lever_settings.acting_user(answers.acting),
            *webhooks.of_webhooks(settings, known, told.get(rights.WEBHOOKS), now()),
            folder,
            machine.of_clock(answers.clock, settings, webhooks=used),
            *of_database,
        ),
        answers.requests,
    )


def _nothing_asked(asked: Iterable[Permission], known: Known) -> _Answers:
    acting = None if known.acting is None else NOT_ASKED
    return _Answers(None, {each.name: NOT_ASKED for each in asked}, NOT_ASKED, acting=acting)


async def _ask(
    account: Account, settings: Settings, known: Known, asked: list[Permission], seconds: float
) -> _Answers:
    """Ask one question first; then the lists and what else there is to ask; then what is below a record."""
    # A little less, so that a slow answer is told by its own error and not by the question's end.
    hasty = settings.model_copy(update={"timeout_seconds": min(settings.timeout_seconds, 0.9 * seconds)})
    async with account.client(hasty) as lever:
        asking = Asking(lever, seconds)
        lists = [each for each in asked if not each.below]
        first = await asking.ask_first(str(lists[0].path) if lists else _USERS)
        told: dict[str, Heard | None] = {
            each.name: NOT_ASKED if asking.barred else first for each in lists[:1]
        }
        others, resource = lists[1:], lever_settings.confidential_list(known, Exclusion.of(settings))
        confidential, acting, *heard = await asyncio.gather(
            lever_settings.ask_for_confidential(asking, resource),
            lever_settings.ask_for_acting_user(asking, known),
            *(rights.ask_for(asking, each, None) for each in others),
        )
        told |= {each.name: one for each, one in zip(others, heard, strict=True)}
        listed = told.get(rights.OPPORTUNITIES_READ)
        opportunity = (listed and listed.first_id) or known.opportunity
        below = [each for each in asked if each.below]
        heard = await asyncio.gather(*(rights.ask_for(asking, each, opportunity) for each in below))
        told |= {each.name: one for each, one in zip(below, heard, strict=True)}
        listed = None if resource is None else told.get(scope("GET", BY_NAME[resource].path))
        return _Answers(first, told, confidential, listed, acting, lever.clock, lever.traffic.requests)
