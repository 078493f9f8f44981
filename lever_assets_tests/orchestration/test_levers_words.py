"""What Lever says of a person is in no event of a run: those are kept, and nobody erases people from them."""

import re
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import select

from lever_assets.store.tables import mapping_errors, webhook_inbox
from lever_assets.sync.session import Session
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.meddling import Asked, Change, Reply, meddling
from lever_assets_tests.orchestration.running import Place, failures, reported
from lever_assets_tests.orchestration.test_upkeep import event

SAID = "the offer of jane doe can not be read"
LEFT = "the offer of *** can not be read"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without much waiting."""
    retry_hastily(monkeypatch, attempts=2)


def refusing(path: str) -> Change:
    """Refuse what is asked of a path, with a name in the words."""

    def change(asked: Asked, reply: Reply) -> Reply:
        if re.fullmatch(path, asked.path):
            return reply.giving(400, {"code": "BadRequestError", "message": SAID})
        return reply

    return change


def events_of(place: Place, result: dg.ExecuteInProcessResult) -> str:
    return "".join(map(dg.serialize_value, place.instance.all_logs(result.run_id)))


@pytest.mark.long
def test_a_list_that_is_refused_fails_with_what_of_the_words_names_nobody(place: Place, folder: Path) -> None:
    here = Place(place.sandbox, folder)
    with meddling(place.sandbox.url, refusing("/postings")) as between:
        result = here.run("lever_full_sync", base_url=between.url)

    assert not result.success
    (sentence,) = failures(result)
    assert f'Lever refuses the request: "{LEFT}" (GET /postings, status 400)' in sentence
    assert "lever-assets sync" in sentence
    assert "jane" not in events_of(here, result)


@pytest.mark.long
def test_a_record_that_is_refused_warns_so_and_the_words_are_in_the_tables(
    place: Place, folder: Path
) -> None:
    here, bad = Place(place.sandbox, folder), place.sandbox.ids("opportunities")[0]
    with meddling(place.sandbox.url, refusing(f"/opportunities/{bad}/interviews")) as between:
        result = here.run("lever_full_sync", base_url=between.url)

    assert result.success
    warnings = str(reported(result, "raw_interviews")["warnings"])
    assert LEFT in warnings
    assert bad in warnings
    assert "mapping_errors" in warnings
    assert "jane" not in events_of(here, result)
    with Session.open(here.settings()) as session, session.reading() as tx:
        assert [each for each in tx.sql.execute(select(mapping_errors.c.reason)).scalars() if SAID in each]


def test_draining_that_is_refused_says_so_and_the_inbox_keeps_no_name(synced: Place) -> None:
    opportunity = synced.sandbox.ids("opportunities")[0]
    event(synced, opportunity)
    with meddling(synced.sandbox.url, refusing("/opportunities.*")) as between:
        result = synced.run("lever_webhooks", base_url=between.url)

    assert not result.success
    (sentence,) = failures(result)
    assert LEFT in sentence
    assert "jane" not in events_of(synced, result)
    with Session.open(synced.settings()) as session, session.reading() as tx:
        (kept,) = tx.sql.execute(select(webhook_inbox.c.error)).scalars()
    assert LEFT in str(kept)
