"""Notices that did not arrive: of each URL which, why, and when it is sent again; a problem once given up."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from lever_assets.connect.states import Issue, IssueKind
from lever_assets.settings import NoticeType, Settings
from lever_assets.store import Store, outbox
from lever_assets.store.outbox import State, Try, target_of
from lever_assets.store.transaction import Transaction
from lever_assets.sync.in_force import host_of

_REMEDY = "See that this URL can be reached and answers 2xx, or correct LEVER_NOTICE_URLS."


@dataclass(frozen=True)
class Trouble:
    """A URL, told by its host, that does not take its notice: `again_at` (UTC; None: it was given up,
    at `given_up_at`).

    `type` is what the notice tells, None for one of changed data.
    """

    url: str
    attempts: int
    error: str
    again_at: datetime | None
    type: str | None = None
    given_up_at: datetime | None = None

    def __str__(self) -> str:
        what = "notice that data changed" if self.type is None else f"notice {self.type}"
        why = f"the {what} did not arrive at {self.url}: {self.error}"
        if self.again_at is None:
            tried = f"it was given up after {self.attempts} attempts"
            again = "data changes again" if self.type is None else "there is one"
            return f"{why}; {tried}, and the next one is sent when {again}"
        return f"{why}; it is sent again at {self.again_at:%Y-%m-%d %H:%M} UTC"


def troubles(store: Store, settings: Settings) -> list[Trouble]:
    """Return the URLs of LEVER_NOTICE_URLS of which a notice failed or was given up, in their order.

    What was given up is told until that is mended; of what is not asked for any more nothing is.
    """
    with store.reading(settings.connection) as tx:
        return [each for found in _by_url(tx, settings).values() for each in found]


def given_up(tx: Transaction, settings: Settings) -> list[Issue]:
    """Return the URLs of LEVER_NOTICE_URLS of which notices were given up: somebody has to see to them."""
    issues = []
    for url, found in _by_url(tx, settings).items():
        lost = [each for each in found if each.again_at is None]
        if lost:
            since = min(each.given_up_at for each in lost if each.given_up_at is not None)
            told = f"{'; '.join(map(str, lost))}. {_REMEDY}"
            issues.append(Issue(IssueKind.NOTICES_GIVEN_UP, since, told, about=url))
    return issues


def _by_url(tx: Transaction, settings: Settings) -> dict[str, list[Trouble]]:
    """Return the troubles of each URL, by what it is told as."""
    hosts = [host_of(url) for url in settings.notice_targets]
    alike = Counter(hosts)
    found = {}
    for number, (url, host) in enumerate(zip(settings.notice_targets, hosts, strict=True), 1):
        told = host if alike[host] == 1 else f"{host} (URL {number} of LEVER_NOTICE_URLS)"
        target = target_of(url)
        tries = [*outbox.last_tries(tx, target), *outbox.given_up(tx, target)]
        found[told] = [_trouble(told, each) for each in tries if each.error and _is_wanted(each, settings)]
    return found


def _trouble(told: str, tried: Try) -> Trouble:
    lost = tried.state is State.GIVEN_UP
    again_at, given_up_at = (None, tried.due_at) if lost else (tried.due_at, None)
    return Trouble(told, tried.attempts, tried.error or "", again_at, tried.type, given_up_at)


def _is_wanted(tried: Try, settings: Settings) -> bool:
    return (tried.type or NoticeType.DATA_CHANGED.value) in settings.notice_types
