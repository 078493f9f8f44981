"""Every list, by Kombo's own client and key by key, on both databases."""

from collections.abc import Iterator
from typing import Any

from kombo import Kombo
from pydantic import BaseModel

from lever_assets.api import shapes
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.sync.tables import unified_tables

LISTS: dict[str, tuple[str, str, type[BaseModel]]] = {
    "jobs": ("/v1/ats/jobs", "get_jobs", shapes.Jobs),
    "candidates": ("/v1/ats/candidates", "get_candidates", shapes.Candidates),
    "applications": ("/v1/ats/applications", "get_applications", shapes.Applications),
    "users": ("/v1/ats/users", "get_users", shapes.Users),
    "roles": ("/v1/ats/roles", "get_roles", shapes.Roles),
    "tags": ("/v1/ats/tags", "get_tags", shapes.Tags),
    "interviews": ("/v1/ats/interviews", "get_interviews", shapes.Interviews),
    "offers": ("/v1/ats/offers", "get_offers", shapes.Offers),
    "rejection_reasons": ("/v1/ats/rejection-reasons", "get_rejection_reasons", shapes.RejectionReasons),
    "application_stages": ("/v1/ats/application-stages", "get_application_stages", shapes.ApplicationStages),
}


def walked(kombo: Kombo, method: str, **options: Any) -> Iterator[Any]:
    """Yield all rows that a method of Kombo's client leads to."""
    page = getattr(kombo.ats, method)(**options)
    while page is not None:
        yield from page.result.data.results
        page = page.next()


def test_kombos_client_reads_every_list_whole(walked_through: Served) -> None:
    tables = unified_tables(walked_through.account.database)
    read = 0
    with walked_through.client() as kombo:
        for model, (path, method, shape) in LISTS.items():
            live = [row["id"] for row in tables[model] if row["remote_deleted_at"] is None]
            assert [row.id for row in walked(kombo, method, page_size=7)] == sorted(live)
            assert len([*walked(kombo, method, include_deleted=True)]) == len(tables[model])
            page = walked_through.ask("GET", path, params={"page_size": 250})
            shape.model_validate_json(page.content, strict=False)
            read += bool(live)
    assert read >= len(LISTS) - 2  # a recorded account has neither interviews nor offers


def test_kombos_client_asks_for_all_else_that_changes_nothing(walked_through: Served) -> None:
    mine = walked_through.integration
    with walked_through.client() as kombo:
        general = kombo.general
        assert general.check_api_key().data.environment_id
        assert general.get_integration_details(integration_id=mine).data.setup_status == "COMPLETED"
        assert [each.id for each in general.get_tools(category="ats").data.tools] == ["lever"]
        assert general.get_integration_fields(integration_id=mine).result.data.results
        assert general.get_custom_fields(integration_id=mine).result.data.results == []
        body = {"method": "GET", "path": "/stages", "params": {"limit": "1"}}
        told = general.send_passthrough_request(tool="lever", api="v1", **body).data
        assert (told.status, len(told.data["data"])) == (200, 1)
        person = next(walked(kombo, "get_candidates", page_size=1))
        assert kombo.ats.get_candidate_attachments(candidate_id=person.id).data.results is not None
        application = next(walked(kombo, "get_applications", page_size=1))
        assert kombo.ats.get_application_attachments(application_id=application.id).data.results is not None


def test_kombos_client_is_offered_assessments(walked_through: Served) -> None:
    account = walked_through.account
    stage = account.live_ids("application_stages")[0][1]
    with served(account, assessment_stage=stage) as here, here.client() as kombo:
        assert kombo.assessment.get_packages().data.packages == []
        assert kombo.assessment.get_assessment_orders().result.data.results == []
