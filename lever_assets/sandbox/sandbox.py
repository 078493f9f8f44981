"""A running sandbox as tests and the demo hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.deliveries import Deliveries, Delivery
from lever_assets.sandbox.faults import Fault
from lever_assets.sandbox.front import Front
from lever_assets.sandbox.oauth import Grant, Grants, Issued, Rotation
from lever_assets.sandbox.recruiting.events import Event
from lever_assets.sandbox.request_log import RequestCounts
from lever_assets.sandbox.schema import Record
from lever_assets.sandbox.simulation import Simulation
from lever_assets.sandbox.workday import Workday
from lever_assets.sandbox.year import Happening, Year


@dataclass(frozen=True)
class Sandbox(Simulation):
    """A running sandbox: where it listens, the key it accepts, and the same controls as its /__ paths.

    `url` is that of the Data API, `auth_url` that of the OAuth server.
    """

    url: str
    key: str
    front: Front
    workday: Workday
    year: Year
    webhooks: Deliveries
    auth_url: str
    oauth: Grants

    @property
    def account(self) -> Account:
        """The account itself."""
        return self.changes.account

    def client_settings(self) -> dict[str, str]:
        """The environment of a client of this sandbox: addresses, key and the OAuth application."""
        client = self.oauth.config
        return {
            "LEVER_BASE_URL": self.url,
            "LEVER_API_KEY": self.key,
            "LEVER_AUTH_URL": self.auth_url,
            "LEVER_OAUTH_CLIENT_ID": client.client_id,
            "LEVER_OAUTH_CLIENT_SECRET": client.client_secret,
            "LEVER_OAUTH_REDIRECT_URI": client.redirect_uri,
        }

    def requests(self) -> RequestCounts:
        """What was asked since the start or the last reset."""
        return self.front.log.snapshot()

    def reset_requests(self) -> None:
        """Begin counting anew."""
        self.front.log.reset()

    def set_faults(self, *faults: Fault | str) -> None:
        """Replace the faults; without any, the sandbox behaves."""
        self.front.faults.set([Fault.parse(fault) if isinstance(fault, str) else fault for fault in faults])

    def set_quirks(self, *names: str) -> None:
        """Replace the quirks, `absent=NAME` and `denied=NAME` among them; without any there are none."""
        self.front.quirks.set(names)

    def grants(self) -> tuple[Grant, ...]:
        """What was granted by OAuth, oldest first, with its tokens but without their texts."""
        return self.oauth.every()

    def issue_tokens(self, *scopes: str) -> Issued:
        """Grant scopes without the consent page: the first tokens of a new grant."""
        return self.oauth.issue(scopes)

    def revoke_tokens(self, grant: str | None = None) -> int:
        """Revoke all tokens of the account, or those of one grant (its id, or one of its tokens)."""
        return self.oauth.revoke(grant)

    def end_access_tokens(self, grant: str | None = None) -> int:
        """Let access tokens end now, all or those of one grant; refresh tokens stay."""
        return self.oauth.end_access_tokens(grant)

    def set_rotation(self, rotation: Rotation) -> None:
        """What renewals from now on do to the refresh token that they use (OAuthConfig)."""
        self.oauth.rotation = rotation

    def touch(self, share: float = 0.01, seed: int = 1, at: int | None = None) -> list[str]:
        """Work on a share of the opportunities (updatedAt = `at` or now); returns their ids."""
        return self.workday.touch(share, seed, at)

    def play(self, days: int, a_day: float = 8.0, since: datetime | None = None) -> list[Happening]:
        """Let the company recruit for so many days, so many people a day; answers what happened.

        They begin now, or at an instant to which the clock is set.
        """
        if since is not None:
            self.changes.clock.set(int(since.timestamp() * 1000))
        return self.year.play(days, a_day)

    def get(self, resource: str, ident: str) -> Record | None:
        """A stored record."""
        return self.account.record(resource, ident)

    def ids(self, resource: str) -> list[str]:
        """All ids of a resource, oldest first."""
        return self.account.ids(resource)

    def edit(self, resource: str, ident: str, changes: Mapping[str, Any]) -> Record:
        """Merge changes into a record; updatedAt moves only if it is among them."""
        return self.workday.edit(resource, ident, changes)

    def create(self, resource: str, record: Mapping[str, Any], parent: str | None = None) -> Record:
        """Store a new record."""
        return self.workday.create(resource, record, parent)

    def delete(self, resource: str, ident: str) -> None:
        """Remove a record; the deleted-lists tell of it."""
        self.workday.delete(resource, ident)

    def emit(self, event: str, data: Mapping[str, Any], origin: str | None = None) -> str:
        """Send an event to its subscribers though nothing changed; answers the event's id."""
        return self.webhooks.announce(Event(event, dict(data), origin))

    def redeliver(self, event: str) -> int:
        """Send the deliveries of an event (by its id) once more; answers how many."""
        return self.webhooks.repeat(event)

    def deliveries(self) -> tuple[Delivery, ...]:
        """What was sent to webhooks, oldest first."""
        return self.webhooks.log()

    def wait_for_webhooks(self, seconds: float = 10.0) -> bool:
        """Wait until no delivery is pending; False when that takes longer."""
        return self.webhooks.wait(seconds)
