"""Notices that did not arrive: which, why, and when they are sent again; a problem once given up."""

from dataclasses import dataclass
from datetime import datetime

from lever_assets.connect.states import Issue, IssueKind
from lever_assets.settings import NoticeType, Settings
from lever_assets.store import Store, outbox
from lever_assets.store.outbox import State, Try
from lever_assets.store.transaction import Transaction
from lever_assets.sync.targets import Target, targets

_REMEDY = (
    "See that this URL can be reached and answers 2xx, or correct LEVER_NOTICE_URLS (of a target with a "
    "name: `lever-assets notices`)."
)


@dataclass(frozen=True)
class Trouble:
    """A target that does not take its notice: `again_at` (UTC; None: it was given up, at `given_up_at`).

    `url` is what it is called: its name, if it has one, and its host.

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
    """Return the targets of which a notice failed or was given up, in their order.

    What was given up is told until that is mended; of what is not asked for any more nothing is.
    """
    with store.reading(settings.connection) as tx:
        return [each for found in _by_target(tx, settings).values() for each in found]


def given_up(tx: Transaction, settings: Settings) -> list[Issue]:
    """Return the targets of which notices were given up: somebody has to see to them."""
    issues = []
    for called, found in _by_target(tx, settings).items():
        lost = [each for each in found if each.again_at is None]
        if lost:
            since = min(each.given_up_at for each in lost if each.given_up_at is not None)
            told = f"{'; '.join(map(str, lost))}. {_REMEDY}"
            issues.append(Issue(IssueKind.NOTICES_GIVEN_UP, since, told, about=called))
    return issues


def _by_target(tx: Transaction, settings: Settings) -> dict[str, list[Trouble]]:
    """Return the troubles of each target, by what it is called."""
    found = {}
    for each in targets(tx, settings):
        tries = [*outbox.last_tries(tx, each.target), *outbox.given_up(tx, each.target)]
        found[each.called] = [
            _trouble(each, tried) for tried in tries if tried.error and _is_wanted(tried, each)
        ]
    return found


def _trouble(target: Target, tried: Try) -> Trouble:
    lost = tried.state is State.GIVEN_UP
    again_at, given_up_at = (None, tried.due_at) if lost else (tried.due_at, None)
    return Trouble(target.called, tried.attempts, tried.error or "", again_at, tried.type, given_up_at)


def _is_wanted(tried: Try, target: Target) -> bool:
    return target.wants(tried.type or NoticeType.DATA_CHANGED)
