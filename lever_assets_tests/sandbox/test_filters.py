from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.sandbox.reading import ALL, every, ids

Record = dict[str, Any]


@pytest.fixture(scope="module")
def opportunities(lever: httpx.Client) -> list[Record]:
    return every(lever, "/opportunities", **ALL)


def _expected(records: list[Record], condition: Callable[[Record], bool]) -> list[str]:
    found = [record["id"] for record in records if condition(record)]
    assert 0 < len(found) < len(records), "the condition must tell records apart"
    return found


@pytest.mark.parametrize(
    ("parameter", "value_of"),
    [
        ("updated_at", lambda record: record["updatedAt"]),
        ("created_at", lambda record: record["createdAt"]),
        ("advanced_at", lambda record: record["lastAdvancedAt"]),
        ("archived_at", lambda record: (record["archived"] or {}).get("archivedAt")),
    ],
)
def test_bounds_are_inclusive_and_null_matches_none(
    lever: httpx.Client, opportunities: list[Record], parameter: str, value_of: Callable[[Record], int | None]
) -> None:
    values = sorted(value for record in opportunities if (value := value_of(record)) is not None)
    low, high = values[len(values) // 4], values[len(values) // 2]
    wanted = _expected(
        opportunities, lambda record: (value := value_of(record)) is not None and low <= value <= high
    )
    bounds = {f"{parameter}_start": low, f"{parameter}_end": high}
    assert ids(every(lever, "/opportunities", **ALL, **bounds)) == wanted
    assert low in [value_of(record) for record in opportunities if record["id"] in wanted]


def test_a_null_updated_at_matches_no_updated_at_filter(
    lever: httpx.Client, opportunities: list[Record]
) -> None:
    noted = _expected(opportunities, lambda record: record["updatedAt"] is not None)
    assert ids(every(lever, "/opportunities", **ALL, updated_at_start=0)) == noted
    assert ids(every(lever, "/opportunities", **ALL, updated_at_end=9_999_999_999_999)) == noted


@pytest.mark.parametrize(
    ("parameter", "value_of"),
    [
        ("stage_id", lambda record: [record["stage"]]),
        ("origin", lambda record: [record["origin"]]),
        ("tag", lambda record: record["tags"]),
        ("source", lambda record: record["sources"]),
        ("email", lambda record: record["emails"]),
        ("contact_id", lambda record: [record["contact"]]),
        ("location", lambda record: [record["location"]]),
        ("archive_reason_id", lambda record: [(record["archived"] or {}).get("reason")]),
    ],
)
def test_a_repeated_parameter_means_any_of_its_values(
    lever: httpx.Client, opportunities: list[Record], parameter: str, value_of: Callable[[Record], list[str]]
) -> None:
    values = list(dict.fromkeys(value for record in opportunities for value in value_of(record) if value))[:2]
    for chosen in (values[:1], values):
        wanted = _expected(opportunities, lambda record, chosen=chosen: bool({*chosen} & {*value_of(record)}))  # type: ignore[misc]
        assert ids(every(lever, "/opportunities", **ALL, **{parameter: chosen})) == wanted


@pytest.mark.parametrize("field", ["archived", "snoozed"])
def test_true_and_false_split_the_account(
    lever: httpx.Client, opportunities: list[Record], field: str
) -> None:
    key = {"archived": "archived", "snoozed": "snoozedUntil"}[field]
    for flag in (True, False):
        wanted = _expected(opportunities, lambda record, flag=flag: (record[key] is not None) is flag)  # type: ignore[misc]
        assert ids(every(lever, "/opportunities", **ALL, **{field: str(flag).lower()})) == wanted


def test_posting_id_finds_its_applicants(
    shared: Sandbox, lever: httpx.Client, opportunities: list[Record]
) -> None:
    applications = [shared.get("applications", ident) or {} for ident in shared.ids("applications")]
    posting = applications[0]["posting"]
    of_posting = {
        application["opportunityId"] for application in applications if application["posting"] == posting
    }
    wanted = _expected(opportunities, lambda record: record["id"] in of_posting)
    assert ids(every(lever, "/opportunities", **ALL, posting_id=posting)) == wanted


@pytest.mark.parametrize("resource", ["opportunities", "postings", "requisitions"])
def test_lists_hold_confidential_records_only_when_asked(lever: httpx.Client, resource: str) -> None:
    found = {
        value: {record["confidentiality"] for record in every(lever, f"/{resource}", confidentiality=value)}
        for value in ("all", "confidential", "non-confidential")
    }
    assert found == {
        "all": {"confidential", "non-confidential"},
        "confidential": {"confidential"},
        "non-confidential": {"non-confidential"},
    }
    assert {record["confidentiality"] for record in every(lever, f"/{resource}")} == {"non-confidential"}


def test_without_confidential_access_they_are_absent() -> None:
    with running_sandbox(SandboxConfig(opportunities=300, rate=0, confidential_access=False)) as sandbox:
        hidden = [
            ident for ident in sandbox.ids("opportunities") if _confidential(sandbox, "opportunities", ident)
        ]
        posting = next(
            ident for ident in sandbox.ids("postings") if _confidential(sandbox, "postings", ident)
        )
        assert hidden
        with httpx.Client(base_url=sandbox.url, auth=(sandbox.key, "")) as client:
            assert not set(hidden) & set(ids(every(client, "/opportunities", **ALL)))
            for path in (
                f"/opportunities/{hidden[0]}",
                f"/opportunities/{hidden[0]}/offers",
                f"/postings/{posting}",
            ):
                assert client.get(path).status_code == 404


def _confidential(sandbox: Sandbox, resource: str, ident: str) -> bool:
    return bool((sandbox.get(resource, ident) or {})["confidentiality"] == "confidential")


@pytest.mark.parametrize(
    ("resource", "parameter", "value_of"),
    [
        ("postings", "state", lambda record: record["state"]),
        ("postings", "team", lambda record: record["categories"]["team"]),
        ("postings", "department", lambda record: record["categories"]["department"]),
        ("postings", "location", lambda record: record["categories"]["location"]),
        ("postings", "commitment", lambda record: record["categories"]["commitment"]),
        ("postings", "level", lambda record: record["categories"]["level"]),
        ("requisitions", "status", lambda record: record["status"]),
        ("requisitions", "requisition_code", lambda record: record["requisitionCode"]),
    ],
)
def test_filters_of_jobs(
    lever: httpx.Client, resource: str, parameter: str, value_of: Callable[[Record], str | None]
) -> None:
    records = every(lever, f"/{resource}", **ALL)
    value = next(found for record in records if (found := value_of(record)))
    wanted = _expected(records, lambda record: value_of(record) == value)
    assert ids(every(lever, f"/{resource}", **ALL, **{parameter: value})) == wanted


def test_postings_are_found_by_their_last_change(lever: httpx.Client) -> None:
    records = every(lever, "/postings", **ALL)
    middle = sorted(record["updatedAt"] for record in records)[len(records) // 2]
    wanted = _expected(records, lambda record: record["updatedAt"] >= middle)
    assert ids(every(lever, "/postings", **ALL, updated_at_start=middle)) == wanted


def test_requisitions_can_not_be_asked_for_by_their_last_change(lever: httpx.Client) -> None:
    everything = ids(every(lever, "/requisitions", **ALL))
    late = {"updated_at_start": 9_999_999_999_999, "updated_at_end": 9_999_999_999_999}
    assert ids(every(lever, "/requisitions", **ALL, **late)) == everything


def test_deactivated_users_come_only_when_asked_for(lever: httpx.Client) -> None:
    everyone = every(lever, "/users", includeDeactivated="true")
    active = _expected(everyone, lambda user: user["deactivatedAt"] is None)
    assert ids(every(lever, "/users")) == active
    gone = next(user["id"] for user in everyone if user["deactivatedAt"])
    assert lever.get(f"/users/{gone}").json()["data"]["id"] == gone


def test_users_by_role_and_email(lever: httpx.Client) -> None:
    user = every(lever, "/users", accessRole="super admin")[0]
    assert user["accessRole"] == "super admin"
    assert ids(every(lever, "/users", email=user["email"])) == [user["id"]]


def test_archive_reasons_by_type(lever: httpx.Client) -> None:
    assert {reason["type"] for reason in every(lever, "/archive_reasons", type="hired")} == {"hired"}


@pytest.mark.parametrize(
    "params",
    [{"updated_at_start": "yesterday"}, {"archived": "perhaps"}, {"confidentiality": "secret"}],
)
def test_values_that_cannot_be_read_are_bad_requests(lever: httpx.Client, params: dict[str, str]) -> None:
    answer = lever.get("/opportunities", params=params)
    assert answer.status_code == 400
    assert next(iter(params)) in answer.json()["message"]


def test_unknown_parameters_are_ignored(lever: httpx.Client) -> None:
    assert lever.get("/stages", params={"nonsense": "1"}).json() == lever.get("/stages").json()


def test_few_and_many_matches_are_paged_alike(monkeypatch: pytest.MonkeyPatch, lever: httpx.Client) -> None:
    few = ids(every(lever, "/opportunities", **ALL, updated_at_start=0, limit=9))
    monkeypatch.setattr("lever_assets.sandbox.account.FEW", 3)
    assert ids(every(lever, "/opportunities", **ALL, updated_at_start=0, limit=9)) == few
