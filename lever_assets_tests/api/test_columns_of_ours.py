"""The columns that Kombo's API does not have are shown to those who ask for them, and to nobody else."""

import json
from datetime import UTC, datetime

import pytest

from lever_assets.unified.catalogue import MODELS
from lever_assets_tests.api.by_hand import change, wire
from lever_assets_tests.api.served import Served
from lever_assets_tests.api.test_lists import LISTS
from lever_assets_tests.sync.tables import live

OURS = {model.name: model.ours for model in MODELS if model.ours}


def test_they_are_in_the_rows_when_they_are_asked_for(api: Served) -> None:
    somebody = live(api.account.database)["applications"][0]["id"]
    change(api, "applications", somebody, hired_at=datetime(2026, 5, 4, 3, 2, 1, 987654, UTC))
    for model, columns in OURS.items():
        stored = live(api.account.database)[model]
        path, _, shape = LISTS[model]
        plain = api.ask("GET", path, params={"page_size": 250})
        asked = api.ask("GET", path, params={"page_size": 250, "include_insight": "true"})
        shape.model_validate_json(asked.content, strict=False)
        rows = asked.json()["data"]["results"]
        for row, its in zip(rows, stored, strict=True):
            for column in columns:
                value, kept = row.pop(column), its[column]
                assert value == (wire(kept) if isinstance(kept, datetime) else kept)
        assert rows == plain.json()["data"]["results"], "all else is as it was"
        assert not [row for row in rows if row.keys() & set(columns)]
        assert [its for its in stored if all(its[column] for column in columns)]


def test_what_is_not_known_is_null(api: Served) -> None:
    [row, *_] = live(api.account.database)["interviews"]
    change(api, "interviews", row["id"], candidate_id=None)

    asked = {"ids": row["id"], "include_insight": "true"}

    assert api.data("GET", "/v1/ats/interviews", params=asked)["results"][0]["candidate_id"] is None


def test_a_walk_goes_on_as_it_was_begun(shared: Served) -> None:
    path = LISTS["candidates"][0]
    for asked, other in (({"include_insight": "true"}, {}), ({}, {"include_insight": "true"})):
        following = {
            "page_size": 7,
            "cursor": shared.data("GET", path, params={"page_size": 7, **asked})["next"],
        }
        assert shared.data("GET", path, params={**following, **asked})["results"]
        assert "cursor" in shared.error("GET", path, 400, params={**following, **other})["message"]


@pytest.mark.parametrize("model", ["candidates", "applications", "interviews"])
def test_it_is_true_or_false(shared: Served, model: str) -> None:
    assert shared.error("GET", LISTS[model][0], 400, params={"include_insight": "some"})["code"] == (
        "PLATFORM.INPUT_INVALID"
    )


def test_the_description_tells_of_them_as_of_what_may_be_missing(shared: Served) -> None:
    told = json.loads(shared.ask("GET", "/v1/openapi.json").content)
    asking = {
        path
        for path, methods in told["paths"].items()
        for each in methods.get("get", {}).get("parameters", ())
        if each["name"] == "include_insight"
    }
    assert {path.rsplit("/", 1)[1] for path in asking} == set(OURS)
    shapes = {"candidates": "ListedCandidate", "applications": "Application", "interviews": "Interview"}
    for model, columns in OURS.items():
        shape = told["components"]["schemas"][shapes[model]]
        for column in columns:
            assert column not in shape["required"]
            assert {"type": "null"} in shape["properties"][column]["anyOf"]
            assert "include_insight=true" in shape["properties"][column]["description"]
