"""Who is told by notices: the URLs of LEVER_NOTICE_URLS, and the targets with names of their own."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lever_assets.settings import NoticeType, Settings, notice_types
from lever_assets.store.outbox import target_of
from lever_assets.store.targets import StoredTarget, stored_targets
from lever_assets.store.transaction import Transaction
from lever_assets.sync.in_force import host_of


@dataclass(frozen=True)
class Target:
    """Somebody who is told of `types`; `target` stands for them in the outbox.

    `called` is what people read, without what may be secret. Either `url` is known, or they are `stored`.
    """

    target: str
    called: str
    types: tuple[str, ...]
    extra_models: bool = False
    url: str | None = field(default=None, repr=False)
    stored: StoredTarget | None = None

    def wants(self, of: str) -> bool:
        """Tell whether it is to be told of such things."""
        return of in self.types


def targets(tx: Transaction, settings: Settings) -> list[Target]:
    """Return who is told, those of the environment first; one small query."""
    return [*_of_environment(settings), *map(_of_stored, stored_targets(tx))]


def wanting(tx: Transaction, settings: Settings, of: NoticeType) -> list[Target]:
    """Return who is told of such things."""
    return [each for each in targets(tx, settings) if each.wants(of)]


def _of_environment(settings: Settings) -> Iterator[Target]:
    hosts = [host_of(url) for url in settings.told_urls]
    alike = Counter(hosts)
    for number, (url, host) in enumerate(zip(settings.told_urls, hosts, strict=True), 1):
        called = host if alike[host] == 1 else f"{host} (URL {number} of LEVER_NOTICE_URLS)"
        yield Target(target_of(url), called, settings.notice_types, url=url)


def _of_stored(row: StoredTarget) -> Target:
    try:
        types = notice_types(tuple(row.types))
    except ValueError:  # of a newer program: what is known of it is told
        types = tuple(row.types)
    called = f"{row.name} ({row.host})"
    return Target(row.target, called, types, extra_models=row.extra_models, stored=row)
