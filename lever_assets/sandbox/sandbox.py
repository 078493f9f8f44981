"""A running sandbox as tests and the demo hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.app import LeverApi
from lever_assets.sandbox.deliveries import Deliveries, Delivery
from lever_assets.sandbox.faults import Fault
from lever_assets.sandbox.recruiting.events import Event
from lever_assets.sandbox.request_log import RequestCounts
from lever_assets.sandbox.schema import Record
from lever_assets.sandbox.simulation import Simulation
from lever_assets.sandbox.workday import Workday


@dataclass(frozen=True)
class Sandbox(Simulation):
    """A running sandbox: where it listens, the key it accepts, and the same controls as its /__ paths."""

    url: str
    key: str
    api: LeverApi
    workday: Workday
    webhooks: Deliveries

    @property
    def account(self) -> Account:
        """The account itself."""
        return self.api.account

    def requests(self) -> RequestCounts:
        """What was asked since the start or the last reset."""
        return self.api.log.snapshot()

    def reset_requests(self) -> None:
        """Begin counting anew."""
        self.api.log.reset()

    def set_faults(self, *faults: Fault | str) -> None:
        """Replace the faults; without any, the sandbox behaves."""
        self.api.faults.set([Fault.parse(fault) if isinstance(fault, str) else fault for fault in faults])

    def set_quirks(self, *names: str) -> None:
        """Replace the quirks, `absent=NAME` and `denied=NAME` among them; without any there are none."""
        self.api.quirks.set(names)

    def touch(self, share: float = 0.01, seed: int = 1, at: int | None = None) -> list[str]:
        """Work on a share of the opportunities (updatedAt = `at` or now); returns their ids."""
        return self.workday.touch(share, seed, at)

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
