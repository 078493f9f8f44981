"""Notes, scorecards and attachments by Kombo's own client, where they are read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from lever_assets.api import shapes
from lever_assets.policy.exclusion import EXTRA
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets_tests.actions.recruiting import synced_account
from lever_assets_tests.api.by_hand import change
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.api.test_lists import walked
from lever_assets_tests.sync.tables import live

LISTS: dict[str, tuple[str, type[BaseModel]]] = {
    "notes": ("get_notes", shapes.Notes),
    "scorecards": ("get_ats_scorecards", shapes.Scorecards),
    "attachments": ("get_ats_attachments", shapes.Attachments),
}


@pytest.fixture
def with_extra(database_url: str, tmp_path: Path) -> Iterator[Served]:
    """A small account that is read with all extra models, in a database of either kind."""
    with running_sandbox(SandboxConfig(opportunities=20, seed=3, rate=0)) as sandbox:
        account = synced_account(sandbox, tmp_path, database_url)
        with account.session(extra_models=EXTRA) as session:
            sync(session, Scope())
        with served(account, extra_models=EXTRA) as here:
            yield here


def rows(api: Served, model: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.data("GET", f"/v1/ats/{model}", params=params)["results"]
    return found


def test_kombos_client_reads_them_whole_and_key_by_key(with_extra: Served) -> None:
    tables = live(with_extra.account.database)
    with with_extra.client() as kombo:
        for model, (method, shape) in LISTS.items():
            assert [row.id for row in walked(kombo, method, page_size=2)] == [
                row["id"] for row in tables[model]
            ]
            assert tables[model]
            page = with_extra.ask("GET", f"/v1/ats/{model}", params={"page_size": 250})
            shape.model_validate_json(page.content, strict=False)


def test_a_note_comes_with_its_author(with_extra: Served) -> None:
    users = {row["id"]: row for row in live(with_extra.account.database)["users"]}
    for model in ("notes", "scorecards"):
        for row in rows(with_extra, model):
            author = users[row["author_id"]]
            assert row["author"] == {
                key: author[key] for key in ("id", "remote_id", "first_name", "last_name", "email")
            }


def test_they_are_found_by_candidate_and_by_application(with_extra: Served) -> None:
    for model in LISTS:
        every = rows(with_extra, model)
        one = every[0]
        theirs = [row["id"] for row in every if row["candidate_id"] == one["candidate_id"]]
        found = rows(with_extra, model, candidate_ids=f"{one['candidate_id']},nobody")
        assert [row["id"] for row in found] == theirs
        for application in {row["application_id"] for row in every if row["application_id"]}:
            found = rows(with_extra, model, application_ids=application)
            assert {row["application_id"] for row in found} == {application}
        assert rows(with_extra, model, candidate_ids="nobody") == []


def test_what_was_erased_has_its_shape_still(with_extra: Served) -> None:
    for model, empty in (
        ("notes", "content_html"),
        ("scorecards", "responses"),
        ("attachments", "file_name"),
    ):
        row_id = rows(with_extra, model)[0]["id"]
        change(with_extra, model, row_id, **{empty: None})
        page = with_extra.ask("GET", f"/v1/ats/{model}", params={"ids": row_id})
        LISTS[model][1].model_validate_json(page.content, strict=False)
        with with_extra.client() as kombo:
            assert [row.id for row in walked(kombo, LISTS[model][0], ids=[row_id])] == [row_id]


@pytest.mark.parametrize("model", EXTRA)
def test_what_is_not_read_is_not_there(shared: Served, model: str) -> None:
    error = shared.error("GET", f"/v1/ats/{model}", 400)

    assert error["code"] == "INTEGRATION.MODEL_NOT_AVAILABLE"
    assert "LEVER_EXTRA_MODELS" in error["message"]


def test_what_lacks_an_id_is_left_out(with_extra: Served) -> None:
    for model, column in (
        ("notes", "remote_id"),
        ("scorecards", "remote_id"),
        ("attachments", "candidate_id"),
    ):
        first, *others = [row["id"] for row in rows(with_extra, model)]
        change(with_extra, model, first, **{column: None})
        with with_extra.client() as kombo:
            assert [row.id for row in walked(kombo, LISTS[model][0], page_size=1)] == others
