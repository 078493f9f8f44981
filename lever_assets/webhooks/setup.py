"""The subscriptions in Lever: what is missing is made, their signature tokens are kept encrypted."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lever_assets.connect.vault import Vault
from lever_assets.lever import JsonObject, LeverClient, NotFoundError, Outgoing
from lever_assets.lever.paths import path_to
from lever_assets.settings import SettingsError
from lever_assets.store.secrets import Sealed, drop_secret, put_secret, secrets
from lever_assets.sync.session import Session, now
from lever_assets.webhooks.events import EVENTS
from lever_assets.webhooks.keyring import SECRETS

MANUAL_STEP = (
    "Switch webhooks on once in Lever: Settings > Integrations and API > Webhooks. "
    "Lever sends nothing until then, and no API can do it."
)


@dataclass
class SetupReport:
    """What became of the subscriptions, by event; `manual_step` is what is left for a person to do."""

    url: str
    created: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    manual_step: str = MANUAL_STEP


def set_up(session: Session, url: str | None = None) -> SetupReport:
    """Subscribe to all ten events at `url` (None: LEVER_WEBHOOK_URL); done again it changes nothing.

    Raises SettingsError, LeverError, StoreError or NotConnectedError.
    """
    vault = Vault(session.settings.secret_key)
    return asyncio.run(_Setup(session, _address(session, url), vault).run())


def take_down(session: Session, url: str | None = None) -> SetupReport:
    """Remove the subscriptions that are ours: those that we made, and those at `url` or LEVER_WEBHOOK_URL.

    Raises LeverError, StoreError or NotConnectedError.
    """
    return asyncio.run(_Setup(session, url or session.settings.webhook_url or "", None).remove())


def _address(session: Session, url: str | None) -> str:
    """Return where Lever is to send its events; it takes plain HTTP only if the Lever at hand has it too."""
    found = url or session.settings.webhook_url
    if not found:
        raise SettingsError(
            "It is not known where Lever is to send its events: set LEVER_WEBHOOK_URL to the public address "
            "of `lever-assets webhooks serve`, or give --url."
        )
    local = not session.connection.base_url.startswith("https:")
    parts = urlsplit(found)
    if parts.scheme not in ({"https", "http"} if local else {"https"}) or not parts.hostname:
        raise SettingsError(
            f"{'--url' if url else 'LEVER_WEBHOOK_URL'} is not an address that Lever sends to: "
            "write it like https://example.com/lever."
        )
    return found


@dataclass
class _Setup:
    session: Session
    url: str
    vault: Vault | None

    async def run(self) -> SetupReport:
        report = SetupReport(self.url)
        async with self.session.connection.client(self.session.settings) as lever:
            listed = await lever.list_all("/webhooks")
            known = self._known()
            for event in EVENTS:
                mine = known.get(event)
                for each in listed:
                    if each.get("event") != event or not self._is_ours(each, mine):
                        continue
                    if mine is not None and self._stands(each, mine):
                        report.kept.append(event)
                    else:
                        await self._delete(lever, each, report)
                if event not in report.kept:
                    await self._create(lever, event)
                    report.created.append(event)
        return report

    async def remove(self) -> SetupReport:
        report = SetupReport(self.url, manual_step="")
        async with self.session.connection.client(self.session.settings) as lever:
            known = self._known()
            for each in await lever.list_all("/webhooks"):
                if self._is_ours(each, known.get(str(each.get("event")))):
                    await self._delete(lever, each, report)
            with self.session.store.writing() as conn:
                for event in known:
                    drop_secret(conn, self.session.name, f"{SECRETS}{event}")
        return report

    def _known(self) -> dict[str, Sealed]:
        with self.session.store.reading() as conn:
            found = secrets(conn, self.session.name, SECRETS)
        return {name.removeprefix(SECRETS): sealed for name, sealed in found.items()}

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
            raise SettingsError(
                f"Lever told no signature token for {event}: its events can't be checked. "
                "Run the set-up again."
            )
        details: JsonObject = {"id": made.get("id"), "url": self.url}
        with self.session.store.writing() as conn:
            sealed = Sealed(self.vault.seal(token), details)
            put_secret(conn, self.session.name, f"{SECRETS}{event}", sealed, now=now())

    async def _delete(self, lever: LeverClient, webhook: JsonObject, report: SetupReport) -> None:
        try:
            await lever.send(Outgoing("DELETE", path_to("webhooks", str(webhook.get("id")))))
        except NotFoundError:
            return
        report.removed.append(str(webhook.get("event")))
