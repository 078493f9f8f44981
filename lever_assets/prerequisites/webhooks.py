"""Lever's events: the subscriptions, and whether anything comes of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import JsonValue

from lever_assets.connect.account import Account
from lever_assets.connect.vault import Vault
from lever_assets.prerequisites.asking import Heard
from lever_assets.prerequisites.findings import Finding, Group, Verdict
from lever_assets.prerequisites.from_tables import Known
from lever_assets.settings import Settings, SettingsError
from lever_assets.webhooks.events import EVENTS
from lever_assets.webhooks.setup import MANUAL_STEP

_SET_UP, _SWITCHED_ON = "webhooks set up", "webhooks switched on"
_WHY_SET_UP = "Changes then arrive within seconds; without, they are asked for every LEVER_DELTA_SECONDS."
_WHY_SWITCHED_ON = "Lever sends nothing until somebody switches webhooks on in its settings."
_RECENT = timedelta(days=7)
"""An account in which nothing happens for longer is hardly in use."""


def are_used(settings: Settings, known: Known) -> bool:
    """Tell whether Lever's events are wanted: an address for them is set, or they were subscribed to."""
    return settings.webhook_url is not None or bool(known.tokens)


def of_webhooks(
    account: Account, settings: Settings, known: Known, heard: Heard | None, now: datetime
) -> list[Finding]:
    """Return the findings on the webhooks; `heard` is Lever's list of subscriptions (None: not asked)."""
    if not are_used(settings, known):
        unused = "LEVER_WEBHOOK_URL is not set."
        return [
            Finding(Group.LEVER, _SET_UP, Verdict.NOT_NEEDED, _WHY_SET_UP, unused),
            Finding(Group.LEVER, _SWITCHED_ON, Verdict.NOT_NEEDED, _WHY_SWITCHED_ON, unused),
        ]
    return [_set_up(account, settings, known, heard), _switched_on(known, now)]


def _set_up(account: Account, settings: Settings, known: Known, heard: Heard | None) -> Finding:
    by_command = f"Run {account.command('webhooks setup')}."
    unanswered = heard is not None and heard.unanswered

    def told(verdict: Verdict, detail: str, remedy: str = by_command) -> Finding:
        needs = "" if verdict is Verdict.FINE else remedy
        unsaid = verdict is Verdict.CANT_TELL and unanswered
        return Finding(Group.LEVER, _SET_UP, verdict, _WHY_SET_UP, detail, needs, unanswered=unsaid)

    try:
        vault = Vault.of(settings)
    except SettingsError as error:
        return told(Verdict.MISSING, "The signature tokens of the events can't be read.", str(error))
    lacking = [each for each in EVENTS if each not in known.tokens]
    unreadable = [each for each in known.tokens if not vault.can_open(known.tokens[each].secret)]
    if lacking:
        return told(Verdict.MISSING, f"There is no subscription of ours to {', '.join(lacking)}.")
    if unreadable:
        return told(Verdict.MISSING, "The stored signature tokens were sealed with another LEVER_SECRET_KEY.")
    if heard is None or not isinstance(heard.data, list):
        return told(Verdict.CANT_TELL, "" if heard is None else heard.sentence)
    gone = [event for event in EVENTS if not _stands(known, event, heard.data, settings.webhook_url)]
    if gone:
        return told(
            Verdict.MISSING, f"In Lever there is none, or one to another address, for {', '.join(gone)}."
        )
    return told(Verdict.FINE, f"All {len(EVENTS)} events are subscribed to.")


def _stands(known: Known, event: str, listed: list[JsonValue], url: str | None) -> bool:
    """Tell whether Lever has the subscription that we made, at the address of the receiver or below it."""
    details: Mapping[str, JsonValue] = known.tokens[event].details
    made_at = str(details.get("url"))
    if url is not None and made_at != url and not made_at.startswith(f"{url.rstrip('/')}/"):
        return False
    return any(
        isinstance(each, dict) and each.get("id") == details.get("id") and each.get("url") == made_at
        for each in listed
    )


def _switched_on(known: Known, now: datetime) -> Finding:
    last = known.last_event
    told = "No event has arrived" if last is None else f"The last event arrived at {last:%Y-%m-%d %H:%M} UTC"
    if last is not None and now - last <= _RECENT:
        return Finding(Group.LEVER, _SWITCHED_ON, Verdict.FINE, _WHY_SWITCHED_ON, f"{told}.")
    untold = f"{told}; Lever can't be asked, so it is told from what arrives."
    remedy = f"{MANUAL_STEP} See, too, that `lever-assets webhooks serve` runs and can be reached."
    return Finding(Group.LEVER, _SWITCHED_ON, Verdict.CANT_TELL, _WHY_SWITCHED_ON, untold, remedy)
