"""The endpoints of assessments, over HTTP, as Kombo's client asks for them."""

from typing import Any

import httpx
import pytest
from kombo.errors import KomboAtsError

from lever_assets.api.shapes import assessment as shapes
from lever_assets.api.shapes.common import Listed
from lever_assets.api.shapes.envelope import Success
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.assessment.vendor import PACKAGES, RESULT, arrive, rows, see_to

PLACES: list[tuple[str, str, Any]] = [
    ("GET", "/v1/assessment/packages", None),
    ("PUT", "/v1/assessment/packages", {"packages": []}),
    ("GET", "/v1/assessment/orders", None),
    ("PUT", "/v1/assessment/orders/1/result", RESULT),
]


@pytest.mark.parametrize(("method", "path", "body"), PLACES)
def test_without_a_stage_there_are_none(shared: Served, method: str, path: str, body: Any) -> None:
    error = shared.error(method, path, 400, json=body)
    assert error["code"] == "INTEGRATION.MODEL_NOT_AVAILABLE"
    assert (
        shared.error(method, path, 401, json=body, key="wrong")["code"] == "PLATFORM.AUTHENTICATION_INVALID"
    )
    nobody = shared.error(method, path, 404, json=body, integration="lever:nobody")
    assert nobody["code"] == "PLATFORM.INTEGRATION_NOT_FOUND"


def test_packages_are_replaced_as_a_whole(api: Served) -> None:
    with assessed(api) as here:
        client = here.client().assessment
        assert client.set_packages(packages=PACKAGES[:1]).warnings == []
        [first] = client.get_packages().data.packages
        assert (first.id, first.type, first.name, first.description) == tuple(PACKAGES[0].values())

        client.set_packages(packages=PACKAGES)
        code, talk = client.get_packages().data.packages
        assert code.updated_at == first.updated_at  # it is as it was
        assert talk.updated_at is not None
        client.set_packages(packages=PACKAGES[1:])
        assert [each.id for each in client.get_packages().data.packages] == ["p-talk"]
        doubts = client.set_packages(packages=[{**PACKAGES[0], "name": "sent"}]).warnings
        assert "'sent'" in doubts[0].message


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"packages": None},
        {"packages": [{**PACKAGES[0], "id": " "}]},
        {"packages": [{**PACKAGES[0], "type": "EXAM"}]},
        {"packages": [{**PACKAGES[0], "name": 5}]},
        {"packages": [PACKAGES[0], PACKAGES[0]]},
    ],
)
def test_packages_that_can_not_be_used_are_refused(api: Served, body: Any) -> None:
    with assessed(api) as here:
        error = here.error("PUT", "/v1/assessment/packages", 400, json=body)
        assert error["code"] == "PLATFORM.INPUT_INVALID"
        assert here.data("GET", "/v1/assessment/packages")["packages"] == []


def test_what_is_wrong_is_told_by_its_place_alone(api: Served) -> None:
    secret = "ada.byron@example.com"
    twice = {"packages": [{**PACKAGES[1], "id": "p-1"}, *({**PACKAGES[0], "id": secret},) * 2]}
    typed = {**RESULT, "attributes": [{"type": secret, "label": "x", "value": "y"}]}
    odd = {**RESULT, "status": secret, "completed_at": secret, "score": secret, "result_url": secret}
    result = "/v1/assessment/orders/1/result"
    with assessed(api) as here:
        for path, body, told in (
            ("/v1/assessment/packages", twice, "packages.2.id: packages.1 has the same"),
            ("/v1/assessment/packages", {"packages": [{**PACKAGES[0], "type": secret}]}, "packages.0.type"),
            (result, typed, "attributes.0: its 'type' should be one of 'TEXT', 'SUB_RESULT'"),
            (result, odd, "completed_at"),
        ):
            error = here.error("PUT", path, 400, json=body)
            assert told in error["message"]
            assert secret not in error["message"]


def test_orders_are_paged_and_filtered(api: Served) -> None:
    with assessed(api) as here:
        here.client().assessment.set_packages(packages=PACKAGES)
        for _ in range(3):
            arrive(here, tags=["assessment: coding", "Assessment: Talk"])
        see_to(here)
        client = here.client().assessment
        every = sorted(each["id"] for each in rows(here))
        assert len(every) == 6

        page, seen, pages = client.get_assessment_orders(page_size=3), list[str](), 0
        while page is not None:
            seen += [each.id for each in page.result.data.results]
            pages += 1
            page = page.next()
        assert (seen, pages) == (every, 2)  # the last page is full, and says that it is the last

        some = client.get_assessment_orders(ids=[every[4], every[1], "unknown"])
        assert some is not None
        assert [each.id for each in some.result.data.results] == [every[1], every[4]]
        closed = client.get_assessment_orders(statuses=["COMPLETED", "CANCELLED"])
        assert closed is not None
        assert closed.result.data.results == []

        first = rows(here)[0]["created_at"]
        late = max(each["created_at"] for each in rows(here))
        since = here.data("GET", "/v1/assessment/orders", params={"created_after": first.isoformat()})
        assert len(since["results"]) == 6
        after = late.replace(year=late.year + 1).isoformat()
        assert here.data("GET", "/v1/assessment/orders", params={"created_after": after})["results"] == []

        answer = here.ask("GET", "/v1/assessment/orders", params={"page_size": 3})
        Listed[shapes.AssessmentOrder].model_validate_json(answer.content)
        packages = here.ask("GET", "/v1/assessment/packages").content
        Success[shapes.Packages].model_validate_json(packages)
        behind = answer.json()["data"]["next"]
        for wrong in (
            {"page_size": 0},
            {"page_size": 251},
            {"statuses": "OPEN,DONE"},
            {"created_after": "lately"},
            {"cursor": "nobody's"},
            {"cursor": behind, "statuses": "OPEN"},
        ):
            error = here.error("GET", "/v1/assessment/orders", 400, params=httpx.QueryParams(wrong))
            assert error["code"] == "PLATFORM.INPUT_INVALID"
            assert next(iter(wrong)) in error["message"]


def test_the_client_meets_its_own_error_for_a_result_of_nobody(api: Served) -> None:
    with assessed(api) as here, pytest.raises(KomboAtsError) as caught:
        here.client().assessment.update_order_result(assessment_order_id="nobody", **RESULT)
    assert caught.value.data.error.code == "PLATFORM.INPUT_INVALID"


def test_the_description_of_the_api_names_all_four(shared: Served) -> None:
    paths = shared.ask("GET", "/v1/openapi.json").json()["paths"]
    operations = {
        each["operationId"]
        for path, all_of in paths.items()
        if "/assessment/" in path
        for each in all_of.values()
    }
    assert operations == {
        "getAssessmentPackages",
        "putAssessmentPackages",
        "getAssessmentOrders",
        "putAssessmentOrdersAssessmentOrderIdResult",
    }


def assessed(api: Served) -> Any:
    """Serve an account with assessments switched on."""
    return served(api.account, assessment_stage=api.account.read("/stages")[-1]["id"])
