"""The API's own description is right, and a client that is generated from it works."""

import json
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lever_assets_tests import fetched
from lever_assets_tests.api.served import KEY, Served

WANTED = Path(__file__).parent / "generator" / "requirements.txt"
ERRORS = ("KomboAtsError", "KomboHrisError", "KomboGeneralError")
_HERE = "import sys, runpy; sys.path.insert(0, {there!r}); runpy.run_module({name!r}, run_name='__main__')"


def run(name: str, *given: str | Path, folder: Path) -> str:
    """Run a module of the generator's packages, which are in a folder of their own."""

    def install(to: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        fetched.run([*pip, "--target", to, "-r", WANTED], to)

    there = str(fetched.once(WANTED, install))
    return fetched.run([sys.executable, "-c", _HERE.format(there=there, name=name), *given], folder)


@pytest.fixture
def document(shared: Served, tmp_path: Path) -> Path:
    """The description, as it is served."""
    answer = shared.ask("GET", "/v1/openapi.json")
    assert answer.status_code == 200
    file = tmp_path / "openapi.json"
    file.write_bytes(answer.content)
    return file


def test_the_description_is_valid(document: Path, tmp_path: Path) -> None:
    run("openapi_spec_validator", document, folder=tmp_path)


def test_every_endpoint_has_a_name_of_its_own_and_says_what_it_answers(document: Path) -> None:
    told = json.loads(document.read_bytes())
    assert not [name for name in told["components"]["schemas"] if "__" in name], "two shapes have one name"
    assert told["security"] == [{"ApiKey": []}]
    operations = [each for path in told["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names) > 0
    for each in operations:
        assert set(each["responses"]) == {"200", "default"}, each["operationId"]
        answers = each["responses"]["200"].get("content", {}).values()
        assert answers, each["operationId"]
        assert all(answer.get("schema") for answer in answers), each["operationId"]


def test_errors_are_as_described(shared: Served, document: Path) -> None:
    schemas = json.loads(document.read_bytes())["components"]["schemas"]
    codes = {name: schemas[name]["properties"]["error"]["properties"]["code"]["enum"] for name in ERRORS}
    assert len(codes["KomboAtsError"]) == 25  # and null
    for path, name in (("/v1/ats/nothing", "KomboAtsError"), ("/v1/nothing", "KomboGeneralError")):
        error = shared.error("GET", path, 404)
        described = schemas[name]["properties"]["error"]
        assert set(error) == set(described["required"])
        assert error["code"] in codes[name]


@pytest.fixture
def generated(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The package of a client that is made of the description; nothing of it is left out."""
    config = tmp_path / "config.yaml"
    config.write_text("package_name_override: generated_client\npost_hooks: []\n")
    told = run(
        "openapi_python_client",
        "generate",
        *("--path", document, "--config", config, "--output-path", tmp_path / "made", "--fail-on-warning"),
        folder=tmp_path,
    )
    assert "unsupported" not in told.lower()
    monkeypatch.syspath_prepend(str(tmp_path / "made"))
    return import_module("generated_client")


def test_a_generated_client_lists_jobs_and_tags_somebody(api: Served, generated: ModuleType) -> None:
    client = generated.AuthenticatedClient(base_url=api.url, token=KEY, raise_on_unexpected_status=True)
    client = client.with_headers({"X-Integration-Id": api.integration})

    def ask(name: str, *of: str, **given: Any) -> Any:
        method = import_module(f"generated_client.api.unified_ats_api.{name}").sync
        return method(*of, client=client, **given)

    there = api.account.live_ids("jobs")
    jobs = ask("get_jobs", page_size=250).data.results
    assert [each.id for each in jobs] == [ours for ours, _ in there]
    assert [each.remote_id for each in jobs] == [levers for _, levers in there]
    some = [ours for ours, _ in there[:2]]
    assert [each.id for each in ask("get_jobs", ids=some).data.results] == some

    person = api.account.person()
    body = signature(import_module("generated_client.api.unified_ats_api.add_candidate_tag").sync)
    tag = body.parameters["body"].annotation.from_dict({"tag": {"name": "Found by a generated client"}})
    done = ask("add_candidate_tag", person.candidate, body=tag)
    assert (done.status, list(done.warnings)) == ("success", [])
    assert "Found by a generated client" in api.account.tags(person)

    refused = ask("add_candidate_tag", "a" * 24, body=tag)
    assert type(refused).__name__ == "KomboAtsError"
    assert refused.error.code == "PLATFORM.INPUT_INVALID"
