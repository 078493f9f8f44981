"""What several models are mapped from is read once for all of them, and each keeps its own account of it."""

import re

import pytest
from sqlalchemy import event, update
from sqlalchemy.engine import Engine

from lever_assets.store import mapping_errors
from lever_assets.store.tables import RAW
from lever_assets.sync.run import replay
from lever_assets.unified.catalogue import INSIGHT_MODELS, MODELS
from lever_assets_tests.sync.tables import Account, Tables, live
from lever_assets_tests.sync.test_odd_types import spoil, touch

PAYLOADS = re.compile(r"SELECT (raw_\w+)\.remote_id, \1\.parent_id, \1\.data")


def payloads_read(account: Account, *models: str) -> list[str]:
    """Return the raw tables whose payloads a replay of these models (none: of all) reads, each time anew."""
    read: list[str] = []

    def note(_conn: object, _cursor: object, text: str, *_rest: object) -> None:
        read.extend(PAYLOADS.findall(text))

    with account.session() as session:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            replay(session, models or None)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    return read


def state(account: Account) -> tuple[Tables, list[tuple[object, ...]]]:
    """Return the rows, and what could not be mapped, or not whole."""
    with account.session() as session, session.reading() as tx:
        listed = mapping_errors.listed(tx, limit=10_000)
    told = [(e.model, e.resource, e.remote_id, e.reason, e.payload_hash, e.lost) for e in listed]
    return live(account.database), sorted(told, key=str)


def make_unreadable(account: Account, resource: str) -> None:
    """Take its id out of a raw record."""
    with account.session() as session, session.writing() as tx:
        c = RAW[resource].c
        first = account.sandbox.ids(resource)[0]
        tx.sql.execute(update(RAW[resource]).where(c.remote_id == first).values(data={"odd": True}))


def test_a_replay_reads_opportunities_and_their_applications_once_for_all_models(anywhere: Account) -> None:
    anywhere.sync()

    read = payloads_read(anywhere, "candidates", "candidate_tags", "applications")

    assert read.count("raw_opportunities") == 1
    assert read.count("raw_applications") == 1


@pytest.mark.parametrize("unreadable", ["opportunities", "applications", "archive_reasons", "interviews"])
def test_models_that_are_mapped_together_are_as_if_each_were_mapped_alone(
    account: Account, unreadable: str
) -> None:
    account.sync()
    list(spoil(account, seed=len(unreadable)))
    touch(account)
    account.sync()
    make_unreadable(account, unreadable)
    with account.session() as session:
        for model in (each.name for each in (*MODELS, *INSIGHT_MODELS)):
            replay(session, [model])
        alone = state(account)
        replay(session)

    together = state(account)
    assert together[1] == alone[1]
    assert together[0] == alone[0]
    assert {model for model, resource, *_ in together[1] if resource == unreadable} >= {
        "opportunities": {"candidates", "candidate_tags", "applications"},
        "applications": {"candidates", "applications"},
        "archive_reasons": {"applications", "rejection_reasons"},
        "interviews": {"interviews", "interviewing_team_members"},
    }[unreadable]
