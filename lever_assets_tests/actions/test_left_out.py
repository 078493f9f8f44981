"""Actions on records that the settings leave out: they work, or the sentence names the setting."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets_tests.actions.recruiting import Person, Recruiting, waiting

LIMITS: dict[str, dict[str, Any]] = {
    "LEVER_ONLY_CREATED": {"only_created": True},
    "LEVER_CANDIDATE_CUTOFF": {"candidate_cutoff": datetime.now(UTC).date()},
    "LEVER_EXCLUDE": {"exclude": ("candidates", "applications")},
}
STORED = ("LEVER_ONLY_CREATED", "LEVER_CANDIDATE_CUTOFF")


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=30, seed=36, rate=0)) as running:
        yield running


@pytest.fixture
def recruiting(lever: Sandbox, tmp_path: Path, sqlite_database: str) -> Recruiting:
    """An account in an empty database; nobody's last change is of today."""
    account = Recruiting(lever, tmp_path, sqlite_database)
    yesterday = lever.now() - 36 * 3_600_000
    for each in lever.ids("opportunities"):
        lever.edit("opportunities", each, {"updatedAt": yesterday})
    return account


def synced(account: Recruiting, *steps: dict[str, Any]) -> Person:
    """Sync with one kind of settings after another; return somebody who waits for a decision."""
    other = Recruiting(account.sandbox, account.folder, f"sqlite:///{account.folder / 'other.db'}")
    with other.session() as session:
        sync(session, Scope())
        person = next(waiting(session))
    for settings in steps:
        with account.session(**settings) as session:
            sync(session, Scope())
    return person


@pytest.mark.sampled(2)
@pytest.mark.parametrize("setting", STORED)
@pytest.mark.parametrize("named", ["by our id", "by Lever's"])
def test_what_was_stored_and_is_left_out_now_can_be_acted_on(
    recruiting: Recruiting, setting: str, named: str
) -> None:
    person = synced(recruiting, {}, LIMITS[setting])
    ours = named == "by our id"
    candidate = person.candidate if ours else f"remote:{person.opportunity}"
    application = person.application if ours else f"remote:{person.remote_application}"
    tag = {"candidate_id": candidate, "tag": {"name": f"{setting} {named}"}}
    note = {"application_id": application, "content": f"{setting} {named}"}
    assert recruiting.run("add_application_note", note, settings=LIMITS[setting]).error is None
    assert recruiting.run("add_candidate_tag", tag, settings=LIMITS[setting]).error is None

    assert f"{setting} {named}" in recruiting.notes(person)
    assert f"{setting} {named}" in recruiting.read(f"/opportunities/{person.opportunity}")["tags"]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("setting", list(LIMITS))
def test_what_never_was_stored_can_be_acted_on_by_levers_id_or_the_sentence_names_the_setting(
    recruiting: Recruiting, setting: str
) -> None:
    person = synced(recruiting, LIMITS[setting])
    tag = {"candidate_id": f"remote:{person.opportunity}", "tag": {"name": setting}}
    assert recruiting.run("add_candidate_tag", tag, dry_run=True, settings=LIMITS[setting]).error is None

    unknown = {**tag, "candidate_id": person.candidate}
    note = {"content": "x"}
    for action, given, by_lever in (
        ("add_candidate_tag", unknown, True),
        ("add_application_note", {**note, "application_id": person.application}, False),
        ("add_application_note", {**note, "application_id": f"remote:{person.remote_application}"}, False),
    ):
        error = recruiting.run(action, given, settings=LIMITS[setting]).error
        assert error is not None
        assert setting in str(error["message"])
        assert ("remote:ID" in str(error["message"])) is by_lever


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("model", "action", "field"),
    [
        ("application_stages", "move_application_to_stage", "stage_id"),
        ("rejection_reasons", "reject_application", "rejection_reason_id"),
    ],
)
def test_a_model_that_is_excluded_is_named_by_levers_id(
    recruiting: Recruiting, model: str, action: str, field: str
) -> None:
    person = synced(recruiting, {"exclude": (model,)})
    given = {"application_id": person.application, field: "1" * 24}
    error = recruiting.run(action, given, settings={"exclude": (model,)}).error
    assert error is not None
    assert f"LEVER_EXCLUDE leaves {model} out of the tables" in str(error["message"])
    remote = {
        "application_stages": recruiting.sandbox.ids("stages")[1],
        "rejection_reasons": next(
            each["id"] for each in recruiting.read("/archive_reasons") if each["type"] == "non-hired"
        ),
    }[model]
    again = {**given, field: f"remote:{remote}"}
    assert recruiting.run(action, again, dry_run=True, settings={"exclude": (model,)}).error is None


@pytest.mark.long
def test_an_application_is_found_although_candidates_are_excluded(recruiting: Recruiting) -> None:
    settings: dict[str, Any] = {"exclude": ("candidates", "candidate_tags")}
    person = synced(recruiting, settings)
    given = {"application_id": person.application, "content": "Found"}
    assert recruiting.run("add_application_note", given, settings=settings).error is None
    assert "Found" in recruiting.notes(person)


@pytest.mark.long
def test_one_that_is_gone_in_lever_is_still_refused(recruiting: Recruiting) -> None:
    person = synced(recruiting, {}, {"only_created": True})
    recruiting.sandbox.account.delete("opportunities", person.opportunity, None, None)
    given = {"candidate_id": person.candidate, "tag": {"name": "x"}}
    error = recruiting.run("add_candidate_tag", given, settings={"only_created": True}).error
    assert error is not None
