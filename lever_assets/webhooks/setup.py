"""The subscriptions in Lever: what is missing is made, their signature tokens are kept encrypted."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lever_assets.connect.account import Account
from lever_assets.connect.vault import Vault
from lever_assets.lever import (
    JsonObject,
    LeverClient,
    LeverError,
    NotFoundError,
    Outgoing,
    RequestRejectedError,
)
from lever_assets.lever.faults import of_shape
from lever_assets.lever.paths import path_to
from lever_assets.settings import SettingsError
from lever_assets.store.secrets import WEBHOOKS, Sealed, drop_secret, put_secret, secrets
from lever_assets.sync.session import Session
from lever_assets.webhooks.addresses import address_of
from lever_assets.webhooks.events import EVENTS

MANUAL_STEP = (
    "Switch webhooks on once in Lever: Settings > Integrations and API > Webhooks. "
    "Lever sends nothing until then, and no API can do it."
)


class NoTokenError(Exception):
    """Lever made a subscription and did not tell by what its events can be checked."""


@dataclass
class SetupReport:
    """What became of the subscriptions, by event; `manual_step` is what is left for a person to do.

    `failed` says why an event is not as it should be; one whose old subscription is left is also `created`.
    """

    url: str
    created: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    manual_step: str = MANUAL_STEP


def set_up(session: Session, url: str | None = None) -> SetupReport:
    """Subscribe to all ten events; done again it changes nothing.

    `url` is the public address of the receiver (None: LEVER_WEBHOOK_URL), below which each stored connection
    has one of its own.
    What Lever answers to one event keeps none of the others from being subscribed to: the report tells.
    Raises SettingsError, StoreError or NotConnectedError, and LeverError if Lever can't tell what there is.
    """
    vault = Vault.of(session.settings)
    return asyncio.run(_Setup(session, _address(session, url), vault).run())


def has_subscriptions(session: Session) -> bool:
    """Tell whether we have subscribed to events of this account."""
    with session.reading() as tx:
        return bool(secrets(tx, WEBHOOKS))


def take_down(session: Session, url: str | None = None) -> SetupReport:
    """Remove the subscriptions that are ours: those that we made, and those at the account's address.

    Raises StoreError or NotConnectedError, and LeverError if Lever does not tell what there is.
    """
    receiver = url or session.settings.webhook_url
    return asyncio.run(
        _Setup(session, address_of(session.account, receiver) if receiver else "", None).remove()
    )


def _address(session: Session, url: str | None) -> str:
    """Return where Lever is to send its events; it takes plain HTTP only if the Lever at hand has it too."""
    found = url or session.settings.webhook_url
    if not found:
        raise SettingsError(
            "It is not known where Lever is to send its events: set LEVER_WEBHOOK_URL to the public address "
            "of `lever-assets webhooks serve`, or give --url."
        )
    local = not session.account.base_url.startswith("https:")
    parts = urlsplit(found)
    if parts.scheme not in ({"https", "http"} if local else {"https"}) or not parts.hostname:
        raise SettingsError(
            f"{'--url' if url else 'LEVER_WEBHOOK_URL'} is not an address that Lever sends to: "
            "write it like https://example.com/lever."
        )
    return address_of(session.account, found)


@dataclass
class _Setup:
    session: Session
    url: str
    vault: Vault | None

    async def run(self) -> SetupReport:
        report = SetupReport(self.url)
        async with self.session.client() as lever:
            listed = await lever.list_all("/webhooks")
            known = self._known()
            for event in EVENTS:
                mine = known.get(event)
                ours = [each for each in listed if each.get("event") == event and self._is_ours(each, mine)]
                try:
                    await self._subscribe(lever, event, ours, mine, report)
                except (LeverError, NoTokenError) as error:
                    report.failed[event] = str(error)
        return report

    async def remove(self) -> SetupReport:
        report = SetupReport(self.url, manual_step="")
        async with self.session.client() as lever:
            known = self._known()
            for each in await lever.list_all("/webhooks"):
                event = str(each.get("event"))
                if self._is_ours(each, known.get(event)):
                    try:
                        await self._delete(lever, each, report)
                    except LeverError as error:
                        report.failed[event] = str(error)
            with self.session.writing() as tx:
                for event in known.keys() - report.failed.keys():
                    drop_secret(tx, f"{WEBHOOKS}{event}")
        return report

    async def _subscribe(
        self,
        lever: LeverClient,
        event: str,
        ours: Sequence[JsonObject],
        mine: Sealed | None,
        report: SetupReport,
    ) -> None:
        """Leave one subscription to an event; a new one is made before an old one goes."""
        standing = next((each for each in ours if mine is not None and self._stands(each, mine)), None)
        if standing is None:
            try:
                await self._create(lever, event)
            except RequestRejectedError as error:
                raise _beside_an_old_one(self.session.account, error) if ours else error from None
            report.created.append(event)
        else:
            report.kept.append(event)
        for each in ours:
            if each is standing:
                continue
            try:
                await self._delete(lever, each, report)
            except LeverError as error:
                report.failed[event] = f"an old subscription is still there: {error}"

    def _known(self) -> dict[str, Sealed]:
        with self.session.reading() as tx:
            found = secrets(tx, WEBHOOKS)
        return {name.removeprefix(WEBHOOKS): sealed for name, sealed in found.items()}

    def _is_ours(self, webhook: JsonObject, mine: Sealed | None) -> bool:
        made_by_us = mine is not None and webhook.get("id") == mine.details.get("id")
        return made_by_us or webhook.get("url") == self.url

    def _stands(self, webhook: JsonObject, mine: Sealed) -> bool:
        """Whether it leads here, and its token is known and can be read."""
        assert self.vault is not None  # noqa: S101 - `set_up` gave it
        made_by_us = webhook.get("id") == mine.details.get("id") and webhook.get("url") == self.url
        return made_by_us and self.vault.can_open(mine.secret)

    async def _create(self, lever: LeverClient, event: str) -> None:
        assert self.vault is not None  # noqa: S101 - `set_up` gave it
        request = Outgoing("POST", "/webhooks", json={"event": event, "url": self.url})
        made = (await lever.send(request)).data
        configuration = made.get("configuration") if isinstance(made, dict) else None
        token = configuration.get("signatureToken") if isinstance(configuration, dict) else None
        if not isinstance(made, dict) or not isinstance(token, str):
            raise NoTokenError(
                f"Lever told no signature token for {event}: its events can't be checked. "
                "Run the set-up again."
            )
        details: JsonObject = {"id": made.get("id"), "url": self.url}
        with self.session.writing() as tx:
            sealed = Sealed(self.vault.seal(token), details)
            put_secret(tx, f"{WEBHOOKS}{event}", sealed)

    async def _delete(self, lever: LeverClient, webhook: JsonObject, report: SetupReport) -> None:
        if not isinstance(webhook.get("id"), str):
            raise of_shape("a subscription has no id", "GET", "/webhooks", by=lever.let_in_by)
        try:
            await lever.send(Outgoing("DELETE", path_to("webhooks", str(webhook["id"]))))
        except NotFoundError:
            return
        report.removed.append(str(webhook.get("event")))


def _beside_an_old_one(account: Account, error: RequestRejectedError) -> RequestRejectedError:
    """Return the error with what to do if Lever takes no second subscription, not even for a moment."""
    return RequestRejectedError(
        error.problem,
        f"{error.remedy}; the old subscription stays, and if it is in the way, remove all with "
        f"{account.command('webhooks setup --remove')} and run the set-up again",
    )
