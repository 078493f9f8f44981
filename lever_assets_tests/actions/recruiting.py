"""What the tests of the actions share: an account in the sandbox, synced, and actions run on it."""

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.options import Options
from lever_assets.actions.engine.timing import Timing
from lever_assets.actions.running import run_action_with
from lever_assets.lever import ApiKeyAuth, LeverClient, RateLimiter, RetryPolicy
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings
from lever_assets.store.tables import UNIFIED
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.web import WEB

HASTY = Timing(lease=5, attempts=3, pause=0.01, lag=0.05, patience=0.3, wait=20)
_TIMEOUT = 0.8
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """An application that waits for a decision, with its candidate: our ids and Lever's."""

    application: str
    candidate: str
    remote_application: str
    opportunity: str


@dataclass
class Recruiting:
    """A synced account."""

    sandbox: Sandbox
    folder: Path
    database: str
    people: Iterator[Person] = field(default_factory=lambda: iter(()))

    def settings(self, **changes: Any) -> Settings:
        """Return settings that reach the account without a limit."""
        known: dict[str, Any] = {
            "api_key": SecretStr(self.sandbox.key),
            "base_url": self.sandbox.url,
            "data_dir": self.folder,
            "database_url": SecretStr(self.database),
            "rate_limit": 0,
        }
        return Settings(**{**known, **changes})

    @contextmanager
    def session(self, **changes: Any) -> Iterator[Session]:
        """Open a session."""
        with Session.open(self.settings(**changes)) as session:
            yield session

    def run(self, name: str, given: Mapping[str, object], **options: Any) -> ActionAnswer:
        """Run an action with a client that does not wait long."""
        settings = options.pop("settings", {})
        chosen = replace(Options(timing=HASTY), **options)

        async def alone() -> ActionAnswer:
            with self.session(**settings) as session:
                async with client(session.settings) as lever:
                    return await run_action_with(lever, session, name, given, chosen)

        return asyncio.run(alone())

    def person(self) -> Person:
        """Return somebody who waits for a decision still, another one each time as long as there are."""
        found = next((each for each in islice(self.people, 1000) if not self._archived(each)), None)
        assert found is not None, "everybody is archived"  # the people come round again for ever
        return found

    def _archived(self, person: Person) -> bool:
        records = (
            self.sandbox.get("opportunities", person.opportunity),
            self.sandbox.get("applications", person.remote_application),
        )
        return any(each is None or each["archived"] is not None for each in records)

    def read(self, path: str, **params: Any) -> Any:
        """Return what Lever itself says."""
        answer = WEB.get(f"{self.sandbox.url}{path}", params=params, auth=(self.sandbox.key, ""))
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def download(self, path: str) -> bytes:
        """Return what Lever gives at an address of files."""
        answer = WEB.get(f"{self.sandbox.url}{path}", auth=(self.sandbox.key, ""))
        assert answer.status_code == 200, answer.text
        return answer.content

    def notes(self, person: Person) -> list[str]:
        """Return the texts of a candidate's notes in Lever."""
        listed = self.read(f"/opportunities/{person.opportunity}/notes")
        return [each["fields"][0]["value"] for each in listed]

    def files(self, person: Person) -> list[str]:
        """Return the names of a candidate's files in Lever."""
        return [each["name"] for each in self.read(f"/opportunities/{person.opportunity}/files")]

    def row(self, model: str, row_id: str) -> Any:
        """Return a row of our tables."""
        with self.session() as session, session.reading() as tx:
            table = UNIFIED[model]
            return tx.sql.execute(select(table).where(table.c.id == row_id)).mappings().one()

    def live_ids(self, model: str) -> list[tuple[str, str]]:
        """Return our and Lever's ids of the live rows, by our id."""
        c = UNIFIED[model].c
        with self.session() as session, session.reading() as tx:
            query = select(c.id, c.remote_id).where(c.remote_deleted_at.is_(None)).order_by(c.id)
            return [(row.id, row.remote_id) for row in tx.sql.execute(query)]

    def tags(self, person: Person) -> set[str]:
        """Return the tags that our tables show on a candidate."""
        joined, tags = UNIFIED["candidate_tags"].c, UNIFIED["tags"].c
        query = (
            select(tags.name)
            .join_from(UNIFIED["candidate_tags"], UNIFIED["tags"], joined.tag_id == tags.id)
            .where(joined.candidate_id == person.candidate, joined.remote_deleted_at.is_(None))
        )
        with self.session() as session, session.reading() as tx:
            return set(tx.sql.execute(query).scalars())


def client(settings: Settings, timeout: float = _TIMEOUT) -> LeverClient:
    """Return a client that retries at once."""
    assert settings.api_key is not None
    return LeverClient(
        auth=ApiKeyAuth(settings.api_key),
        base_url=settings.base_url,
        limiter=RateLimiter(None, 20),
        retry=RetryPolicy(attempts=3, rejected_attempts=4, base=0.001, cap=0.002),
        timeout=timeout,
    )


def waiting(session: Session) -> Iterator[Person]:
    """Yield the applications that wait for a decision."""
    a, c = UNIFIED["applications"].c, UNIFIED["candidates"].c
    query = (
        select(a.id, c.id, a.remote_id, c.remote_id)
        .join_from(UNIFIED["applications"], UNIFIED["candidates"], a.candidate_id == c.id)
        .where(a.outcome == "PENDING")
        .order_by(a.id)
    )
    with session.reading() as tx:
        yield from [Person(*row) for row in tx.sql.execute(query)]


def fresh(text: str) -> str:
    """Return a text that no test has used."""
    return f"{text} {next(_numbers)}"


def synced_account(sandbox: Sandbox, folder: Path, database: str) -> Recruiting:
    """Return the sandbox's account, synced into a database, with whoever waits for a decision there."""
    account = Recruiting(sandbox, folder, database)
    with account.session() as session:
        sync(session, Scope())
        account.people = cycle(list(waiting(session)))
    return account


def from_template(sandbox: Sandbox, folder: Path, template: Path) -> Recruiting:
    """Return the account as `synced_account`, in `folder` / lever.db, which begins as the file `template`."""
    copied = shutil.copy(template, folder / "lever.db")
    return synced_account(sandbox, folder, f"sqlite:///{copied}")
