"""Looking at everything that a connection needs, and reporting on it."""

import asyncio

from lever_assets.connect.account import Account, NotConnectedError
from lever_assets.policy.exclusion import Exclusion
from lever_assets.prerequisites import database, lever_settings, machine, permissions, webhooks
from lever_assets.prerequisites.account import of_account
from lever_assets.prerequisites.answers import Answers, ask_lever, nothing_asked
from lever_assets.prerequisites.findings import Finding, Report
from lever_assets.prerequisites.known import Known
from lever_assets.prerequisites.permissions import Permission
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import StoreError
from lever_assets.store.transaction import now

SECONDS = 8.0
"""How long each question to Lever may take, tries and waits included; there are three rounds of them."""


def of_connection(settings: Settings, name: str | None) -> Settings:
    """Return the settings of a connection by its name (None: the default one); raises SettingsError."""
    if name is None or name == settings.connection:
        return settings
    raise SettingsError(
        f"There is no connection {name!r}: there is {settings.connection!r}, as LEVER_CONNECTION has it."
    )


def examine(settings: Settings, granted: frozenset[str] | None = None, *, seconds: float = SECONDS) -> Report:
    """Look at the account, its permissions, Lever's settings, this machine and the database.

    Writes nothing to Lever. Opens the database as any command does, so that its tables are there afterwards.
    `granted` are the scopes of an OAuth token; None: an API key, of which Lever tells none. What can't be
    asked or opened is a finding: only a bad setting raises, as a SettingsError.
    """
    account = Account.default(settings)
    folder = machine.of_folder(settings)
    known, of_database = _known(settings)
    used = webhooks.are_used(settings, known)
    needed = permissions.permissions(Exclusion.of(settings), webhooks=used)
    asked = permissions.to_ask(needed, granted)
    answers = _answers(account, settings, asked, known, seconds)
    told = answers.by_permission
    lists = [told[each.name] for each in asked if each.kept and not each.below]
    return Report(
        account.name,
        (
            *of_account(account, answers.first, filter(None, lists), token=granted is not None),
            *(permissions.reading(each, told.get(each.name), granted) for each in needed if not each.writes),
            *(permissions.writing(each, granted) for each in needed if each.writes),
            lever_settings.confidential(answers.confidential, answers.listed, known, granted),
            lever_settings.acting_user(answers.acting),
            *webhooks.of_webhooks(settings, known, told.get(permissions.WEBHOOKS), now()),
            folder,
            machine.of_clock(answers.clock, settings, webhooks=used),
            *of_database,
        ),
        answers.requests,
    )


def _known(settings: Settings) -> tuple[Known, list[Finding]]:
    """Return what the tables know, and the findings on the database."""
    store, findings = database.opened(settings)
    if store is None:
        return Known.without_tables(settings), findings
    try:
        with store.reading(settings.connection) as tx:
            return Known.read(tx, settings), findings
    except StoreError as error:
        return Known.without_tables(settings), database.unusable(error)
    finally:
        store.close()


def _answers(
    account: Account, settings: Settings, asked: list[Permission], known: Known, seconds: float
) -> Answers:
    # A little less, so that a slow answer is told by its own error and not by the question's end.
    hasty = settings.model_copy(update={"timeout_seconds": min(settings.timeout_seconds, 0.9 * seconds)})
    try:
        client = account.client(hasty)
    except NotConnectedError:
        return nothing_asked(asked, known)
    confidential = lever_settings.confidential_list(known, Exclusion.of(settings))
    return asyncio.run(ask_lever(client, asked, known, confidential, seconds))
