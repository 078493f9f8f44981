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
    """A URL, told by its host, that does not take its notice: `again_at` (UTC; None: it was given up).

    `type` is what the notice tells, None for one of changed data.
    """

    url: str
    attempts: int
    error: str
    again_at: datetime | None
    type: str | None = None

    def __str__(self) -> str:
        what = "notice that data changed" if self.type is None else f"notice {self.type}"
        why = f"the {what} did not arrive at {self.url}: {self.error}"
        if self.again_at is None:
            tried = f"it was given up after {self.attempts} attempts"
            again = "data changes again" if self.type is None else "there is one"
            return f"{why}; {tried}, and the next one is sent when {again}"
        return f"{why}; it is sent again at {self.again_at:%Y-%m-%d %H:%M} UTC"


def troubles(store: Store, settings: Settings) -> list[Trouble]:
    """Return the URLs of LEVER_NOTICE_URLS whose last notice of a type failed or was given up, in order."""
    hosts = [host_of(url) for url in settings.notice_targets]
    alike = Counter(hosts)
    found = []
    with store.reading(settings.connection) as tx:
        for number, (url, host) in enumerate(zip(settings.notice_targets, hosts, strict=True), 1):
            told = host if alike[host] == 1 else f"{host} (URL {number} of LEVER_NOTICE_URLS)"
            for last in outbox.last_tries(tx, target_of(url)):
                if last.error is not None:
                    again_at = None if last.state is State.GIVEN_UP else last.due_at
                    found.append(Trouble(told, last.attempts, last.error, again_at, last.type))
    return found
