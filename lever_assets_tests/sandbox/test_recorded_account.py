from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets_tests.sandbox.reading import every, ids


def _write(folder: Path, **files: Any) -> None:
    for name, content in files.items():
        (folder / f"{name}.json").write_bytes(orjson.dumps(content))


def test_a_folder_of_recorded_json_is_served_as_it_is(tmp_path: Path) -> None:
    opportunity = {
        "id": "o1",
        "name": "",
        "contact": "c1",
        "headline": "",
        "location": "",
        "emails": [],
        "phones": [],
        "isAnonymized": False,
        "dataProtection": None,
        "applications": ["a1"],
        "createdAt": 5,
        "updatedAt": None,
        "confidentiality": "non-confidential",
        "stage": "lead-new",
        "archived": None,
        "somethingNew": {"deep": [1]},
    }
    _write(
        tmp_path,
        opportunities=[opportunity, opportunity | {"id": "o2", "createdAt": 9, "applications": []}],
        applications=[{"id": "a1", "opportunityId": "o1", "posting": "p1", "createdAt": 5}],
        postings=[{"id": "p1", "text": "Chef", "confidentiality": "non-confidential", "createdAt": 1}],
        posting_forms={"p1": {"id": "p1", "text": "Chef", "customQuestions": [{"id": "q"}]}},
        stages={"data": [{"id": "lead-new", "text": "New lead"}, {"id": "offer", "text": "Offer"}]},
        disposition_stages={"stages": [{"id": "lead-new"}], "archiveReasons": []},
        tags=[{"text": "Full-time", "count": 9}, {"text": "Full-Time", "count": 617}],
        interviews=[{"id": "i1", "opportunityId": "o1", "createdAt": 3}],
    )
    with (
        running_sandbox(SandboxConfig(data=tmp_path, rate=0)) as sandbox,
        httpx.Client(base_url=sandbox.url, auth=(sandbox.key, "")) as client,
    ):
        found = every(client, "/opportunities", expand="applications")
        assert ids(found) == ["o2", "o1"]
        assert found[1]["somethingNew"] == {"deep": [1]}
        assert found[1]["applications"][0]["posting"] == "p1"
        assert ids(every(client, "/opportunities/o1/interviews")) == ["i1"]
        assert every(client, "/opportunities/o1/offers") == []
        assert client.get("/postings/p1/apply").json()["data"]["customQuestions"] == [{"id": "q"}]
        assert ids(every(client, "/stages")) == ["lead-new", "offer"]
        assert client.get("/disposition_stages").json()["data"]["stages"] == [{"id": "lead-new"}]
        assert [tag["text"] for tag in every(client, "/tags")] == ["Full-time", "Full-Time"]
        assert every(client, "/users") == every(client, "/requisitions") == []
        assert client.get("/contacts/c1").json()["data"]["location"] is None


def test_a_posting_without_recorded_form_asks_the_standard_questions(tmp_path: Path) -> None:
    _write(tmp_path, postings=[{"id": "p1", "text": "Chef", "createdAt": 1}])
    with (
        running_sandbox(SandboxConfig(data=tmp_path, rate=0)) as sandbox,
        httpx.Client(base_url=sandbox.url, auth=(sandbox.key, "")) as client,
    ):
        form = client.get("/postings/p1/apply").json()["data"]
    assert (form["text"], form["customQuestions"]) == ("Chef", [])
    assert [entry["name"] for entry in form["personalInformation"]][:2] == ["fullName", "email"]


@pytest.mark.parametrize(
    ("name", "content"), [("users.json", b"[{"), ("users.json", b'"text"'), ("users.json", b"[1]")]
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"users\.json"), running_sandbox(SandboxConfig(data=tmp_path)):
        pass


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="nowhere"),
        running_sandbox(SandboxConfig(data=tmp_path / "nowhere")),
    ):
        pass
