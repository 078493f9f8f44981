"""How the notices to each URL stand: what did not arrive, why, and when it is sent again."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from lever_assets.notices.enqueueing import target_of
from lever_assets.settings import Settings
from lever_assets.store import Store, outbox
from lever_assets.store.outbox import State
from lever_assets.sync.in_force import host_of


@dataclass(frozen=True)
class Trouble:
    """A URL, told by its host, that does not take its notice: `again_at` (UTC; None: it was given up)."""

    url: str
    attempts: int
    error: str
    again_at: datetime | None

    def __str__(self) -> str:
        why = f"the notice that data changed did not arrive at {self.url}: {self.error}"
        if self.again_at is None:
            tried = f"it was given up after {self.attempts} attempts"
            return f"{why}; {tried}, and the next one is sent when data changes again"
        return f"{why}; it is sent again at {self.again_at:%Y-%m-%d %H:%M} UTC"


def troubles(store: Store, settings: Settings) -> list[Trouble]:
    """Return the URLs of LEVER_NOTICE_URLS whose last notice failed or was given up, in their order."""
    hosts = [host_of(url) for url in settings.notice_targets]
    alike = Counter(hosts)
    found = []
    with store.reading(settings.connection) as tx:
        for number, (url, host) in enumerate(zip(settings.notice_targets, hosts, strict=True), 1):
            last = outbox.last_try(tx, target_of(url))
            if last is None or last.error is None:
                continue
            told = host if alike[host] == 1 else f"{host} (URL {number} of LEVER_NOTICE_URLS)"
            again_at = None if last.state is State.GIVEN_UP else last.due_at
            found.append(Trouble(told, last.attempts, last.error, again_at))
    return found
