"""Integrations as Kombo's client has them: what they cover, switching, removing; and the tools."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kombo.errors import KomboGeneralError
from sqlalchemy import func, select

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.api.shapes.envelope import Nothing
from lever_assets.api.shapes.integrations import Integration, ListedIntegrations, Tools
from lever_assets.store.accounts import any_account
from lever_assets.store.secrets import secrets
from lever_assets.store.tables import UNIFIED, notice_outbox
from lever_assets.sync.session import Session
from lever_assets.unified.catalogue import EXTRA_MODELS, MODELS
from lever_assets.webhooks.setup import set_up
from lever_assets_tests.api.linking import Linking, fits, linking
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.web import WEB


def await_(so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 30
    while not so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_an_integration_tells_what_it_covers(shared: Served) -> None:
    with shared.client() as kombo:
        data = kombo.general.get_integration_details(integration_id=shared.integration).data

    assert data.id == shared.integration
    assert (data.status, data.setup_status, data.category) == ("ACTIVE", "COMPLETED", "ATS")
    assert len(data.read_models) == len((*MODELS, *EXTRA_MODELS)) == 22
    assert {each.id for each in data.write_actions} == {f"ats_{each.name}" for each in ACTIONS}
    by_id = {each.id: each for each in data.read_models}
    assert by_id["ats_candidates"].coverage_status == "SUPPORTED"
    assert by_id["ats_notes"].coverage_status == "SUPPORTED"
    assert by_id["ats_notes"].scope_config_setting == "DISABLED"  # LEVER_EXTRA_MODELS does not name it
    assert not by_id["ats_notes"].is_available
    jobs = {each.id: each.coverage_status for each in by_id["ats_jobs"].fields}
    assert jobs["salary_amount_from"] == "SUPPORTED"
    assert jobs["weekly_hours"] == "UNSUPPORTED"
    assert "connection" not in jobs
    of_candidates = {each.id for each in by_id["ats_candidates"].fields}
    assert "remote_data" in of_candidates
    assert not of_candidates & {"person_id", "current_stage_id"}  # columns of ours
    creation = {each.id for action in data.write_actions if "create" in action.id for each in action.fields}
    assert {"application.job_id", "application.stage_id"} <= creation
    assert not {"job_id", "stage_id"} & creation
    fits(Integration, shared.ask("GET", f"/v1/integrations/{shared.integration}"))
    again = shared.data("GET", f"/v1/integrations/{shared.integration}")
    assert again["created_at"] == shared.data("GET", f"/v1/integrations/{shared.integration}")["created_at"]


def test_what_is_left_out_is_disabled(shared: Served) -> None:
    with (
        served(
            shared.account,
            exclude=("offers", "candidates.phone_numbers"),
            api_exclude_actions=("reject_application",),
        ) as here,
        here.client() as kombo,
    ):
        data = kombo.general.get_integration_details(integration_id=here.integration).data
    by_id = {each.id: each for each in data.read_models}
    offers, candidates = by_id["ats_offers"], by_id["ats_candidates"]
    assert (offers.scope_config_setting, offers.is_available) == ("DISABLED", False)
    assert {each.scope_config_setting for each in offers.fields} == {"DISABLED"}
    assert candidates.scope_config_setting == "ENABLED"
    disabled = [each.id for each in candidates.fields if each.scope_config_setting == "DISABLED"]
    assert disabled == ["phone_numbers"]
    actions = {each.id: (each.scope_config_setting, each.is_available) for each in data.write_actions}
    assert actions.pop("ats_reject_application") == ("DISABLED", False)
    assert {*actions.values()} == {("ENABLED", True)}


@pytest.mark.parametrize(
    "integration", ["lever:123456789012345678901234", "nonsense", "lever:é", "lever:a%2Fb"]
)
def test_an_unknown_integration_is_not_found(shared: Served, integration: str) -> None:
    for method, below, body in (
        ("GET", "", None),
        ("DELETE", "", {}),
        ("PUT", "/enabled", {"value": True}),
        ("POST", "/relink", {}),
        ("POST", "/setup-link", {"link_type": "EMBEDDED"}),
        ("GET", "/integration-fields", None),
        ("GET", "/custom-fields", None),
    ):
        if "%2F" in integration and below:
            continue  # it is another path then
        path = f"/v1/integrations/{integration}{below}"
        assert shared.error(method, path, 404, json=body)["code"] == "PLATFORM.INTEGRATION_NOT_FOUND"


def test_what_is_not_stored_is_not_changed(shared: Served) -> None:
    with shared.client() as kombo:
        with pytest.raises(KomboGeneralError) as raised:
            kombo.general.delete_integration(integration_id=shared.integration, body={})
        assert raised.value.data.error.code == "PLATFORM.INPUT_INVALID"
        with pytest.raises(KomboGeneralError):
            kombo.general.set_integration_enabled(integration_id=shared.integration, value=False)
    assert shared.data("GET", f"/v1/integrations/{shared.integration}")["status"] == "ACTIVE"


def test_the_tools_of_each_category(shared: Served) -> None:
    with shared.client() as kombo:
        (lever,) = kombo.general.get_tools(category="ats").data.tools
        for category in ("hris", "lms", "assessment"):
            assert kombo.general.get_tools(category=category).data.tools == []
    assert lever.id == "lever"
    assert len(lever.coverage.features) == 16
    for url in (lever.assets.logo_url, lever.assets.icon_url, lever.assets.icon_black_url):
        answer = WEB.get(url)
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.text.startswith("<svg")
    assert lever.connection_guide_url is not None
    assert "Super Admin" in WEB.get(lever.connection_guide_url).text
    fits(Tools, shared.ask("GET", "/v1/tools/ats"))
    assert shared.error("GET", "/v1/tools/payroll", 400)["code"] == "PLATFORM.INPUT_INVALID"


def test_all_integrations_are_listed(lined_up: Linking) -> None:
    assert lined_up.api.data("GET", "/v1/integrations", integration=None)["results"] == []
    first, second = lined_up.connected(), lined_up.connected()
    listed = lined_up.api.data("GET", "/v1/integrations", integration=None)["results"]
    assert {each["id"]: each["name"] for each in listed} == {first: "acme_inc", second: "acme_inc_2"}
    fits(ListedIntegrations, lined_up.api.ask("GET", "/v1/integrations", integration=None))


def test_switching_off_and_on(lined_up: Linking) -> None:
    own = lined_up.connected()
    with lined_up.client() as kombo:
        for value, status in ((False, "INACTIVE"), (False, "INACTIVE"), (True, "ACTIVE")):
            kombo.general.set_integration_enabled(integration_id=own, value=value)
            assert kombo.general.get_integration_details(integration_id=own).data.status == status
            told = lined_up.api.ask("GET", "/v1/ats/actions/ats_create_candidate", integration=own)
            off = "INTEGRATION.INACTIVE" if status == "INACTIVE" else None
            assert (told.json().get("error") or {"code": None})["code"] == off
    path = f"/v1/integrations/{own}/enabled"
    fits(Nothing, lined_up.api.ask("PUT", path, json={"value": True}))
    wrongs: tuple[object, ...] = ({"value": "yes"}, {"value": None}, {}, [], "on")
    for wrong in wrongs:
        assert lined_up.api.error("PUT", path, 400, json=wrong)["code"] == "PLATFORM.INPUT_INVALID"


def test_a_deleted_integration_has_no_credentials_and_is_told(tmp_path: Path, database_url: str) -> None:
    telling = {"notice_urls": "http://127.0.0.1:9/taken", "notice_types": ("all",)}
    with linking(database_url, tmp_path, **telling) as here:
        own = here.connected()
        name = here.synced(own)
        with Session.open(here.api.settings.of(name)) as session:
            set_up(session, "http://127.0.0.1:9/events")
        assert subscriptions(here) > 0
        with here.client() as kombo:
            kombo.general.delete_integration(integration_id=own, body={})
            await_(lambda: here.api.ask("GET", f"/v1/integrations/{own}").status_code == 404)
            with pytest.raises(KomboGeneralError) as raised:
                kombo.general.delete_integration(integration_id=own, body={})
        assert raised.value.data.error.code == "PLATFORM.INTEGRATION_NOT_FOUND"
        assert subscriptions(here) == 0
        with here.store.reading(name) as tx:
            row = any_account(tx)
            assert row is not None
            assert row.removed_at is not None
            assert row.email is None
            assert secrets(tx, "") == {}
            candidates = UNIFIED["candidates"]
            assert tx.sql.execute(select(func.count()).select_from(candidates)).scalar_one() > 0
            told = tx.sql.execute(select(notice_outbox.c.type)).scalars().all()
        assert "integration-created" in told
        assert "integration-deleted" in told


def subscriptions(here: Linking) -> int:
    answer = WEB.get(f"{here.sandbox.url}/webhooks", auth=(here.sandbox.key, ""))
    return len(answer.json()["data"])


def test_during_a_sync_the_credentials_go_at_once_and_the_rest_when_it_is_over(lined_up: Linking) -> None:
    own = lined_up.connected()
    name = lined_up.name(own)
    with lined_up.store.exclusive(name, 60):
        began = time.monotonic()
        assert lined_up.api.data("DELETE", f"/v1/integrations/{own}", json={}) == {}
        assert time.monotonic() - began < 4.5  # official clients wait for five seconds
        with lined_up.store.reading(name) as tx:
            row = any_account(tx)
            assert row is not None
            assert not row.enabled
            assert secrets(tx, "") == {}
    await_(lambda: lined_up.api.ask("GET", f"/v1/integrations/{own}").status_code == 404)
