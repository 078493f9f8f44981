"""An odd form or opportunity is told in the envelope, as what Lever answered; nothing breaks out of it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from lever_assets.actions import tags
from lever_assets.actions.engine.work import Work
from lever_assets.store.ledger import ActionState, ClaimLostError
from lever_assets_tests.actions.newcomers import answer, applications_of, create, creation, open_job, somebody
from lever_assets_tests.actions.recruiting import Recruiting, fresh
from lever_assets_tests.actions.writes import WRITES
from lever_assets_tests.meddling import Asked, Change, Meddler, Reply, meddling

FORM = re.compile(r"/postings/[0-9a-f-]{36}/apply")
SINGLE = re.compile(r"/opportunities/[0-9a-f-]{36}")


@pytest.fixture
def meddler(account: Recruiting) -> Iterator[Meddler]:
    with meddling(account.sandbox.url) as between:
        yield between


def giving(path: re.Pattern[str], alter: Callable[[Any], JsonValue]) -> Change:
    """Answer GETs of a path with other data."""

    def change(asked: Asked, reply: Reply) -> Reply:
        fits = asked.method == "GET" and path.fullmatch(asked.path) and reply.status == 200
        return reply.of(alter(reply.json["data"])) if fits else reply

    return change


FORMS: dict[str, Callable[[Any], JsonValue]] = {
    "null": lambda _: None,
    "a list": lambda form: [form],
    "a text": lambda _: "x",
    "another one's": lambda form: {**form, "id": "another"},
    "a number for an id": lambda form: {**form, "id": 7},
    "an object for an id": lambda form: {**form, "id": {}},
    "null for an id": lambda form: {**form, "id": None},
    "an empty id": lambda form: {**form, "id": ""},
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("with_answers", [True, False])
@pytest.mark.parametrize("alter", FORMS.values(), ids=FORMS)
def test_a_form_that_is_none_creates_nobody_whose_answers_it_is_for(
    account: Recruiting, meddler: Meddler, alter: Callable[[Any], JsonValue], with_answers: bool
) -> None:
    answers = [answer("text", "Because.")] if with_answers else []
    given = creation(open_job(account, "text"), screening_question_answers=answers)
    meddler.change = giving(FORM, alter)
    settings = {"base_url": meddler.url, "perform_as": somebody(account)}
    found = account.run("create_application", given, settings=settings)

    if with_answers:
        assert found.error is not None
        assert found.error["code"] == "REMOTE.UNKNOWN_HTTP_ERROR"
        assert applications_of(account, given) == []
    else:
        assert found.succeeded, found.error
        assert any("can't be told whether the form" in each for each in found.warnings)


def test_a_form_without_an_id_is_the_one_that_was_asked_for(account: Recruiting, meddler: Meddler) -> None:
    given = creation(open_job(account, "text"), screening_question_answers=[answer("text", "Because.")])
    meddler.change = giving(FORM, lambda form: {name: form[name] for name in form if name != "id"})
    create(account, given, settings={"base_url": meddler.url})

    (application,) = applications_of(account, given)
    assert application["customQuestions"][0]["fields"][0]["value"] == "Because."


@pytest.mark.parametrize("odd", [None, [], "x", 7, {"id": None}, {"id": ["x"]}])
@pytest.mark.parametrize("name", ["move_application_to_stage", "reject_application", "remove_candidate_tag"])
def test_an_opportunity_that_is_none_is_told_before_anything_is_sent(
    account: Recruiting, meddler: Meddler, name: str, odd: JsonValue
) -> None:
    trial = WRITES[name](account, account.person())
    meddler.change = giving(SINGLE, lambda _: odd)
    found = account.run(name, trial.given, settings={"base_url": meddler.url})

    assert found.error is not None
    assert found.error["code"] == "REMOTE.UNKNOWN_HTTP_ERROR"
    assert all(each.method == "GET" for each in meddler.asked)


@pytest.mark.parametrize("error", [TypeError, RecursionError, KeyError, ZeroDivisionError])
def test_what_nobody_foresaw_is_told_in_the_envelope_without_its_text(
    account: Recruiting, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    person, key = account.person(), fresh("key")
    given = {"candidate_id": person.candidate, "tag": {"name": "x"}}

    def odd(*_: object) -> None:
        raise error("Ada Byron")

    with monkeypatch.context() as patched:
        patched.setattr(tags, "ask_single", odd)
        found = account.run("remove_candidate_tag", given, idempotency_key=key)

    assert found.error is not None
    assert found.error["code"] == "REMOTE.UNKNOWN_HTTP_ERROR"
    assert "actions/tags.py, line" in str(found.error["message"])
    assert "Ada" not in str(found.envelope())
    assert isinstance(found.cause, error)
    assert found.state is ActionState.FAILED
    assert account.run("remove_candidate_tag", given, idempotency_key=key).state is ActionState.SUCCEEDED


def test_what_nobody_foresaw_takes_no_warning_with_it(
    account: Recruiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = account.person()
    given = {
        **WRITES["add_candidate_attachment"](account, person).given,
        "application_id": person.application,
    }
    del given["candidate_id"]

    def odd(*_: object) -> None:
        raise TypeError("Ada Byron")

    monkeypatch.setattr("lever_assets.actions.engine.attaching.FileAdded", odd)
    found = account.run("add_application_attachment", given)

    assert found.error is not None
    assert any("the file is not tied to this application" in each for each in found.warnings)


def test_what_nobody_foresaw_after_a_write_leaves_the_outcome_unknown(
    account: Recruiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, key = account.person(), fresh("key")
    trial = WRITES["remove_candidate_tag"](account, person)

    async def odd(*_: object) -> None:
        raise TypeError

    with monkeypatch.context() as patched:
        patched.setattr("lever_assets.actions.engine.work.Work.confirm", odd)
        found = account.run("remove_candidate_tag", trial.given, idempotency_key=key)

    assert found.error is not None
    assert found.state is ActionState.UNKNOWN
    account.sandbox.reset_requests()
    assert (
        account.run("remove_candidate_tag", trial.given, idempotency_key=key).state is ActionState.SUCCEEDED
    )
    assert account.sandbox.requests().of(trial.endpoint) == 0


def test_tables_that_can_not_take_what_lever_shows_are_a_warning_after_the_write(
    account: Recruiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = WRITES["add_application_note"](account, account.person())

    async def odd(*_: object, **__: object) -> None:
        raise TypeError("Ada Byron")

    monkeypatch.setattr("lever_assets.actions.engine.read_back.refresh_opportunities", odd)
    found = account.run("add_application_note", trial.given)

    assert found.state is ActionState.SUCCEEDED
    assert "It was done in Lever" in found.warnings[0]
    assert "Ada" not in found.warnings[0]
    assert trial.effects(account) == 1


def test_a_claim_that_is_lost_is_no_surprise(account: Recruiting, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = WRITES["add_application_note"](account, account.person())
    lost = iter([True])
    known = Work.refresh

    async def losing(*arguments: Any, **named: Any) -> None:
        if next(lost, False):
            raise ClaimLostError
        await known(*arguments, **named)

    monkeypatch.setattr(Work, "refresh", losing)
    found = account.run("add_application_note", trial.given)

    assert found.state is ActionState.SUCCEEDED, found.error
    assert trial.effects(account) == 1


ODD_IDS = ["../../../up", "a/b", "..", "x" * 400, "Ünï\u202e", "\u0000", "a\nb"]


@pytest.mark.parametrize("ident", ODD_IDS)
@pytest.mark.parametrize("name", ["cv.pdf", "../../cv.pdf", "…" * 300, "\u0000", ""])
def test_a_download_stays_in_its_folder_whatever_its_id_and_name(
    account: Recruiting, meddler: Meddler, tmp_path: Path, ident: str, name: str
) -> None:
    person, folder = account.person(), tmp_path / "deep" / "files"
    listed = re.compile(r"/opportunities/[0-9a-f-]{36}/files")

    def change(asked: Asked, reply: Reply) -> Reply:
        if listed.fullmatch(asked.path):
            return reply.giving(200, {"data": [{"id": ident, "name": name}, {"name": "no id"}, {"id": 7}]})
        if asked.path.endswith("/download"):
            return reply.giving(200, b"%PDF", "application/pdf")
        return reply

    meddler.change = change
    given = {"candidate_id": person.candidate}
    settings = {"base_url": meddler.url}
    found = account.run("get_candidate_attachments", given, settings=settings, download_to=folder)

    assert found.succeeded, found.error
    saved = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert all(each.parent == folder for each in saved)
    assert any("has no id" in each for each in found.warnings)


def test_a_folder_that_is_none_is_told(account: Recruiting, meddler: Meddler, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    listed = re.compile(r"/opportunities/[0-9a-f-]{36}/files")
    meddler.change = giving(listed, lambda _: [{"id": "x", "name": "x"}])
    found = account.run(
        "get_candidate_attachments",
        {"candidate_id": account.person().candidate},
        settings={"base_url": meddler.url},
        download_to=tmp_path / "file",
    )

    assert found.error is not None
    assert found.error["title"] == "Folder can't be used"
