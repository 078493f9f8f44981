"""Feedback forms are made from templates, as Lever documents it."""

from typing import Any

import httpx
import pytest

from lever_assets.sandbox import Sandbox
from lever_assets_tests.sandbox.writing import assert_refused


def _template(us: httpx.Client) -> dict[str, Any]:
    listed = us.get("/feedback_templates").json()["data"]
    [found] = [each for each in listed if each["text"] == "Assessment"]
    assert us.get(f"/feedback_templates/{found['id']}").json()["data"] == found
    return dict(found)


def _values(template: dict[str, Any], **values: Any) -> list[dict[str, Any]]:
    ids = {each["text"]: each["id"] for each in template["fields"]}
    return [{"id": ids.get(name, name), "value": value} for name, value in values.items()]


def test_a_form_is_made_from_a_template_by_a_user(ours: Sandbox, us: httpx.Client) -> None:
    opportunity, user = ours.ids("opportunities")[0], ours.ids("users")[0]
    template = _template(us)
    body = {
        "baseTemplateId": template["id"],
        "fieldValues": _values(template, Findings="Fine", Rating="3 - Hire"),
        "completedAt": 1_700_000_000_000,
    }
    made = us.post(f"/opportunities/{opportunity}/feedback", params={"perform_as": user}, json=body)

    assert made.status_code == 201, made.text
    form = made.json()["data"]
    assert us.get(f"/opportunities/{opportunity}/feedback/{form['id']}").json()["data"] == form
    assert (form["user"], form["baseTemplateId"], form["completedAt"]) == (
        user,
        template["id"],
        1_700_000_000_000,
    )
    assert {each["text"]: each["value"] for each in form["fields"]} == {
        "Rating": "3 - Hire",
        "Findings": "Fine",
        "Score": None,
        "Level": None,
    }


@pytest.mark.parametrize(
    ("changes", "values", "said"),
    [
        ({"perform_as": None}, {}, "perform_as"),
        ({"baseTemplateId": "nobody's"}, {}, "baseTemplateId"),
        ({"baseTemplateId": None}, {}, "baseTemplateId"),
        ({"panel": "x"}, {}, "interview"),
        ({}, {"nobody's": "x"}, "no such field"),
        ({}, {"Rating": "5 - Genius"}, "no such option"),
        ({}, {"Score": ["1"]}, "another type"),
        ({}, {"Findings": None}, "required"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(
    ours: Sandbox, us: httpx.Client, changes: dict[str, Any], values: dict[str, Any], said: str
) -> None:
    template = _template(us)
    given = {"perform_as": ours.ids("users")[0], "baseTemplateId": template["id"], **changes}
    user = given.pop("perform_as")
    body = {**given, "fieldValues": _values(template, **{"Findings": "Fine", **values})}
    params = {} if user is None else {"perform_as": user}
    path = f"/opportunities/{ours.ids('opportunities')[0]}/feedback"

    assert_refused(us.post(path, params=params, json=body), 400, said)
