"""Every list, by Kombo's own client and key by key, on both databases."""

from collections.abc import Iterator
from typing import Any

from kombo import Kombo
from pydantic import BaseModel

from lever_assets.api import shapes
from lever_assets_tests.api.served import Served
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


def test_kombos_client_reads_every_list_whole(api: Served) -> None:
    tables = unified_tables(api.account.database)
    with api.client() as kombo:
        for model, (path, method, shape) in LISTS.items():
            live = [row["id"] for row in tables[model] if row["remote_deleted_at"] is None]
            assert live or model == "offers"
            assert [row.id for row in walked(kombo, method, page_size=7)] == sorted(live)
            shape.model_validate_json(api.ask("GET", path, params={"page_size": 250}).content, strict=False)
