"""Applications that were not created here and are taken over by raw clients: Kombo's have no key for them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kombo.errors import KomboAtsError
from kombo.models import PostAtsImportTrackedApplicationPositiveResponse as Answered
from sqlalchemy import select

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store.tables import created_records
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.api.served import Served, served

PATH = "/v1/ats/import-tracked-application"
AT = "2026-03-04T05:06:07.089Z"


@pytest.fixture
def created_only(database_url: str, tmp_path: Path) -> Iterator[Served]:
    """An account of which only what is created here is kept, which is nothing yet."""
    with running_sandbox(SandboxConfig(opportunities=8, seed=3, rate=0)) as sandbox:
        account = Recruiting(sandbox, tmp_path, database_url)
        with account.session(only_created=True) as session:
            sync(session, Scope())
        with served(account, only_created=True) as here:
            yield here


def _applicants(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """Yield who applied: Lever's ids of the opportunity and of its application."""
    for each in sandbox.ids("opportunities"):
        found = sandbox.get("opportunities", each)
        if found is not None and found["applications"]:
            yield each, str(found["applications"][-1])


def _kept(api: Served) -> set[tuple[str, str]]:
    c = created_records.c
    with api.account.session() as session, session.reading() as tx:
        return {(row.model, row.remote_id) for row in tx.sql.execute(select(c.model, c.remote_id))}


def _by_opportunity(opportunity: str, **more: Any) -> dict[str, Any]:
    return {"tracked_at": AT, "lever": {"id_type": "opportunity_id", "opportunity_id": opportunity}, **more}


def test_it_is_one_of_those_that_are_kept_and_in_the_tables_at_once(created_only: Served) -> None:
    account = created_only.account
    opportunity, application = next(_applicants(account.sandbox))
    assert created_only.data("GET", "/v1/ats/candidates")["results"] == []

    first = created_only.ask("POST", PATH, json=_by_opportunity(opportunity))
    again = created_only.ask("POST", PATH, json=_by_opportunity(opportunity))

    assert first.status_code == 200, first.text
    assert again.json() == first.json()
    assert first.json()["warnings"] == []
    data = Answered.model_validate(first.json()).data
    assert first.json()["data"] == {"id": data.id, "tracked_at": AT, "imported_id": {}}
    assert _kept(created_only) == {("candidates", opportunity), ("applications", application)}
    (row,) = created_only.data("GET", "/v1/ats/applications")["results"]
    assert (row["id"], row["remote_id"]) == (data.id, application)
    with account.session(only_created=True) as session:
        sync(session, Scope())
    (person,) = created_only.data("GET", "/v1/ats/candidates")["results"]
    assert person["remote_id"] == opportunity
    assert [each["id"] for each in person["applications"]] == [data.id]


@pytest.mark.parametrize(
    ("settings", "setting"),
    [
        ({"candidate_cutoff": datetime.now(UTC).date()}, "LEVER_CANDIDATE_CUTOFF"),
        ({"exclude": ("candidates", "applications")}, "LEVER_EXCLUDE"),
    ],
)
def test_what_settings_leave_out_of_the_tables_all_the_same_is_told(
    database_url: str, tmp_path: Path, settings: dict[str, Any], setting: str
) -> None:
    with running_sandbox(SandboxConfig(opportunities=8, seed=3, rate=0)) as sandbox:
        for each in sandbox.ids("opportunities"):
            sandbox.edit("opportunities", each, {"updatedAt": sandbox.now() - 36 * 3_600_000})
        account = Recruiting(sandbox, tmp_path, database_url)
        with account.session(**settings) as session:
            sync(session, Scope())
        opportunity, application = next(_applicants(sandbox))
        with served(account, **settings) as here:
            answer = here.ask("POST", PATH, json=_by_opportunity(opportunity)).json()
            kept = _kept(here)

    assert answer["status"] == "success"
    [warning] = answer["warnings"]
    assert "no list shows it" in warning["message"]
    assert setting in warning["message"]
    assert ("applications", application) in kept


def test_an_application_in_the_tables_is_named_by_its_own_id(api: Served) -> None:
    person = api.account.person()
    by = {"id_type": "application_remote_id", "application_remote_id": person.remote_application}
    answer = api.ask("POST", PATH, json={"tracked_at": None, "lever": by, "recruitee": {"placement_id": "1"}})

    found = answer.json()
    assert found["data"] == {"id": person.application, "tracked_at": None, "imported_id": {}}
    assert any("recruitee" in each["message"] for each in found["warnings"])
    assert Answered.model_validate(found).data.tracked_at is None
    assert _kept(api) == {("candidates", person.opportunity), ("applications", person.remote_application)}
    assert api.data("GET", "/v1/ats/candidates", params={"ids": person.candidate})["results"]


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ({"id_type": "opportunity_id", "opportunity_id": "nobody-at-all"}, "no opportunity"),
        ({"id_type": "application_remote_id", "application_remote_id": "none"}, "name its opportunity"),
        ({"id_type": "opportunity_id"}, "give opportunity_id"),
        ({"id_type": "opportunity_id", "application_remote_id": "x"}, "give opportunity_id"),
        ({"id_type": "placement_id", "placement_id": "x"}, "id_type"),
        ({"id_type": "opportunity_id", "opportunity_id": "../users"}, "Lever's own id"),
        ({}, "id_type"),
        ("x", "lever"),
    ],
)
def test_what_is_not_there_or_can_not_be_meant_is_refused(shared: Served, by: Any, told: str) -> None:
    error = shared.error("POST", PATH, 400, json={"tracked_at": AT, "lever": by})
    assert error["code"] == "PLATFORM.INPUT_INVALID"
    assert told in error["message"]
    assert not _kept(shared)


@pytest.mark.parametrize("at", ["yesterday", 5, "0001-01-01T00:00:00+23:00", ["x"]])
def test_a_time_that_is_none_is_refused(shared: Served, at: Any) -> None:
    given = {**_by_opportunity("x"), "tracked_at": at}
    assert "tracked_at" in shared.error("POST", PATH, 400, json=given)["message"]


def test_who_has_not_applied_is_refused(api: Served) -> None:
    account = api.account
    person = account.person()
    account.sandbox.edit("opportunities", person.opportunity, {"applications": []})
    error = api.error("POST", PATH, 400, json=_by_opportunity(person.opportunity))
    assert "has no application" in error["message"]
    assert not _kept(api)


def test_without_a_key_of_its_own_there_is_no_such_action(shared: Served) -> None:
    with shared.client() as kombo, pytest.raises(KomboAtsError) as raised:
        kombo.ats.import_tracked_application(
            tracked_at=None, recruitee={"id_type": "placement_id", "placement_id": "1"}
        )
    assert raised.value.data.error.code == "INTEGRATION.ACTION_NOT_AVAILABLE"


def test_while_lever_is_away_it_says_so_and_the_same_call_again_does_it(api: Served) -> None:
    opportunity, application = next(_applicants(api.account.sandbox))
    with served(api.account, base_url="http://127.0.0.1:9/v1") as here:
        error = here.error("POST", PATH, 503, json=_by_opportunity(opportunity))
    assert error["code"] == "REMOTE.SERVICE_UNAVAILABLE"
    assert not _kept(api)
    api.data("POST", PATH, json=_by_opportunity(opportunity))
    assert ("applications", application) in _kept(api)
