"""Looking at everything that a connection needs, and reporting on it."""

import asyncio
from contextlib import closing

from lever_assets.connect.account import Account
from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.connect.known import account_of
from lever_assets.policy.exclusion import Exclusion
from lever_assets.prerequisites import database, lever_settings, machine, permissions, webhooks
from lever_assets.prerequisites.account import of_account, switched_off
from lever_assets.prerequisites.answers import Answers, ask_lever, nothing_asked
from lever_assets.prerequisites.findings import Finding, Report
from lever_assets.prerequisites.from_tables import Known
from lever_assets.prerequisites.permissions import Permission
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import StoreError
from lever_assets.store.transaction import now

SECONDS = 8.0
"""How long each question to Lever may take, tries and waits included; there are three rounds of them."""


def examine(settings: Settings, *, seconds: float = SECONDS) -> Report:
    """Look at the account, its permissions, Lever's settings, this machine and the database.

    Writes nothing to Lever. Opens the database as any command does, so that its tables are there afterwards.
    What can't be asked or opened is a finding: only a bad setting raises, as a SettingsError.
    """
    folder = machine.of_folder(settings)
    store, of_database = database.opened(settings)
    if store is None:
        account = Account.default(settings)
        return _report(account, settings, Known.without_tables(settings), [folder, *of_database], seconds)
    with closing(store):
        try:
            account, own = account_of(store, settings)
            with store.reading(own.connection) as tx:
                known = Known.read(tx, own)
        except StoreError as error:
            account, own, known = Account.default(settings), settings, Known.without_tables(settings)
            of_database = database.unusable(error)
        return _report(account, own, known, [folder, *of_database], seconds)


def _report(
    account: Account, settings: Settings, known: Known, of_machine: list[Finding], seconds: float
) -> Report:
    if not account.is_enabled:
        return Report(account.name, (switched_off(account), *of_machine))
    used = webhooks.are_used(settings, known)
    assessed = settings.assessment_stage is not None
    every = permissions.permissions(
        Exclusion.of(settings),
        webhooks=used,
        assessments=assessed,
        feedback=assessed and settings.assessment_feedback_template is not None,
        eeo=settings.counts_eeo,
    )
    left_out = [each for each in every if permissions.not_asked_for(each, account)]
    needed = [each for each in every if each not in left_out]
    asked = permissions.to_ask(needed, account.scopes)
    answers = _answers(account, settings, asked, known, seconds)
    told, dead = answers.by_permission, answers.let_nothing_in
    lists = [told[each.name] for each in asked if each.kept and not each.below]
    folder, *of_database = of_machine
    return Report(
        account.name,
        (
            *of_account(account, answers.first, filter(None, lists), why_not=answers.why_not),
            *(permissions.reading(each, told.get(each.name), account) for each in needed if not each.writes),
            *(permissions.writing(each, account, dead=dead) for each in needed if each.writes),
            *permissions.read_only(account, left_out),
            lever_settings.confidential(answers.confidential, answers.listed, known, account, dead=dead),
            lever_settings.acting_user(answers.acting, account),
            *lever_settings.stages(known, settings, account),
            *webhooks.of_webhooks(account, settings, known, told.get(permissions.WEBHOOKS), now()),
            folder,
            machine.of_clock(answers.clock, settings, webhooks=used),
            *of_database,
        ),
        answers.requests,
        is_connected=account.credential is not None,
    )


def _answers(
    account: Account, settings: Settings, asked: list[Permission], known: Known, seconds: float
) -> Answers:
    # A little less, so that a slow answer is told by its own error and not by the question's end.
    hasty = settings.model_copy(update={"timeout_seconds": min(settings.timeout_seconds, 0.9 * seconds)})
    try:
        client = account.client(hasty)
    except (ConnectionTroubleError, SettingsError) as error:
        return nothing_asked(asked, known, str(error))
    confidential = lever_settings.confidential_list(known, Exclusion.of(settings))
    return asyncio.run(ask_lever(client, asked, known, confidential, seconds))
