"""One key is one request: what the same key, another key and no key at all do."""

import threading
import time

import pytest

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.sandbox import Fault
from lever_assets.store import Store, ledger
from lever_assets.store.addresses import addresses_in, named_by
from lever_assets.store.ledger import ActionState
from lever_assets_tests.actions.newcomers import creation, open_job, somebody
from lever_assets_tests.actions.recruiting import HASTY, Recruiting
from lever_assets_tests.actions.writes import WRITES


def test_the_same_key_returns_the_first_result(account: Recruiting) -> None:
    trial = WRITES["add_application_note"](account, account.person())
    first = account.run("add_application_note", trial.given, idempotency_key="first")
    account.sandbox.reset_requests()
    second = account.run("add_application_note", trial.given, idempotency_key="first")

    assert second == first
    assert account.sandbox.requests().total == 0
    assert trial.effects(account) == 1


def test_a_key_stands_for_one_input(account: Recruiting) -> None:
    person = account.person()
    trial = WRITES["add_application_note"](account, person)
    account.run("add_application_note", trial.given, idempotency_key="one input")
    other = account.run(
        "add_application_note", {**trial.given, "content": "another"}, idempotency_key="one input"
    )
    tag = {"candidate_id": person.candidate, "tag": {"name": "x"}}
    another_action = account.run("add_candidate_tag", tag, idempotency_key="one input")

    for answer in (other, another_action):
        assert answer.error is not None
        assert answer.error["title"] == "Key used before"
    assert "another" not in account.notes(person)


@pytest.mark.parametrize("key", ["", " ", "x" * 256])
def test_a_key_that_can_not_be_one_is_refused(account: Recruiting, key: str) -> None:
    trial = WRITES["add_application_note"](account, account.person())
    answer = account.run("add_application_note", trial.given, idempotency_key=key)

    assert answer.error is not None
    assert answer.error["title"] == "Invalid key"
    assert trial.effects(account) == 0


def test_a_key_that_looks_like_a_derived_one_is_a_key_of_its_own(account: Recruiting) -> None:
    trial = WRITES["add_application_note"](account, account.person())
    derived = account.run("add_application_note", trial.given)
    with account.session() as session, session.reading() as tx:
        row = ledger.get(tx, str(derived.action_id))
    assert row is not None
    keys = (row.idempotency_key, f"auto:given:{row.idempotency_key}")

    first, second = (account.run("add_application_note", trial.given, idempotency_key=key) for key in keys)
    again = account.run("add_application_note", trial.given, idempotency_key=keys[0])

    assert len({derived.action_id, first.action_id, second.action_id}) == 3
    assert again.action_id == first.action_id
    assert again.warnings == ()  # it is no repetition that was found out
    assert trial.effects(account) == 3


def test_the_same_note_without_a_key_is_a_repetition_for_a_while(account: Recruiting) -> None:
    trial = WRITES["add_application_note"](account, account.person())
    first = account.run("add_application_note", trial.given)
    again = account.run("add_application_note", trial.given)
    assert again.action_id == first.action_id
    assert first.warnings == ()
    assert "less than 10 minutes ago" in again.warnings[0]
    assert str(first.action_id) in again.warnings[0]
    assert trial.effects(account) == 1

    no_while = type(HASTY)(**{**HASTY.__dict__, "same_input": 0.0})
    later = account.run("add_application_note", trial.given, timing=no_while)
    assert later.action_id != first.action_id
    assert trial.effects(account) == 2


@pytest.mark.parametrize("way", ["create_candidate", "create_application"])
def test_the_same_creation_without_a_key_gives_the_first_result_and_says_so(
    account: Recruiting, way: str
) -> None:
    given = creation(open_job(account), remote_fields={"lever": {"perform_as": somebody(account)}})
    if way == "create_candidate":
        given["application"] = {"job_id": given.pop("job_id")}
    first, again = (account.run(way, given) for _ in range(2))

    assert first.succeeded, first.error
    assert (again.data, again.action_id, again.error) == (first.data, first.action_id, None)
    assert again.warnings[:-1] == first.warnings
    assert str(first.action_id) in again.warnings[-1]


def test_what_is_set_back_and_forth_is_set_each_time(account: Recruiting) -> None:
    person = account.person()
    tag = {"candidate_id": person.candidate, "tag": {"name": "back and forth"}}
    for name in ("add_candidate_tag", "remove_candidate_tag", "add_candidate_tag"):
        assert account.run(name, tag).succeeded

    assert "back and forth" in account.read(f"/opportunities/{person.opportunity}")["tags"]


def test_what_failed_is_tried_again_by_the_same_key_and_without_one(account: Recruiting) -> None:
    trial = WRITES["add_application_note"](account, account.person())
    for key in ("failed once", None):
        account.sandbox.set_faults(Fault(name="500", endpoint=trial.endpoint, rate=1))
        failed = account.run("add_application_note", trial.given, idempotency_key=key)
        assert failed.state is ActionState.FAILED
        account.sandbox.set_faults()
        done = account.run("add_application_note", trial.given, idempotency_key=key)
        assert done.succeeded
        assert done.action_id == failed.action_id

    assert trial.effects(account) == 2


def test_many_callers_with_one_key_write_once(elsewhere: Recruiting) -> None:
    trial = WRITES["add_application_note"](elsewhere, elsewhere.person())
    elsewhere.sandbox.reset_requests()
    elsewhere.sandbox.set_faults(Fault(name="latency", rate=50))
    answers: list[ActionAnswer] = []

    def call() -> None:
        answers.append(elsewhere.run("add_application_note", trial.given, idempotency_key="together"))

    callers = [threading.Thread(target=call) for _ in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert len({answer.action_id for answer in answers}) == 1, [a.error for a in answers]
    assert [answer.envelope() for answer in answers] == [answers[0].envelope()] * 6
    assert answers[0].succeeded
    assert elsewhere.sandbox.requests().of(trial.endpoint) == 1
    assert trial.effects(elsewhere) == 1


def test_the_ledger_tells_what_was_done(account: Recruiting) -> None:
    person = account.person()
    trial = WRITES["add_candidate_result_link"](account, person)
    answer = account.run("add_candidate_result_link", trial.given, run_id="a-run")
    with account.session() as session:
        entry = _entry(session.store, str(answer.action_id))

    assert (entry.action, entry.state, entry.attempts) == (
        "add_candidate_result_link",
        ActionState.SUCCEEDED,
        1,
    )
    assert entry.run_id == "a-run"
    assert entry.request == trial.given
    assert entry.owner is None
    assert [(step["name"], step["state"], step["attempts"]) for step in entry.steps] == [
        ("add_link", "done", 1),
        ("add_note", "done", 1),
    ]


def _entry(store: Store, action_id: str) -> ledger.Entry:
    with store.reading("lever") as tx:
        found = ledger.get(tx, action_id)
    assert found is not None
    return found


@pytest.mark.parametrize("content", ["0" * 1_000_000, "n" * 100_000], ids=["zeros", "letters"])
def test_what_is_large_does_not_hold_up_who_writes(account: Recruiting, content: str) -> None:
    person = account.person()
    file = {"name": "cv.pdf", "type": "OTHER", "content_type": "application/pdf", "data": content}
    given = {"candidate_id": person.candidate, "attachment": file}
    action = "add_candidate_attachment"
    if content[0] == "n":
        action, given = "add_application_note", {"application_id": person.application, "content": content}
    began = time.process_time()
    account.run(action, given)
    assert time.process_time() - began < 5


def test_whose_an_action_is_is_told_by_ids_and_the_candidate_s_own_addresses(account: Recruiting) -> None:
    own = {"emails": ["ada@office.example"]}
    given = creation(
        open_job(account), remote_fields={"lever": {"perform_as": somebody(account), "candidate": own}}
    )
    application = account.person().application
    note = {"application_id": application, "content": "sent by careers@firm.example"}
    made, noted = account.run("create_application", given), account.run("add_application_note", note)
    with account.session() as session, session.reading() as tx:
        kept = {
            each.id: each.addresses and set(each.addresses)
            for each in ledger.recent(tx)
            if each.id in {made.action_id, noted.action_id}
        }
    wanted = addresses_in(session.name, [given["candidate"]["email_address"], "ada@office.example"])
    assert kept == {made.action_id: wanted, noted.action_id: named_by(session.name, [application])}


def test_whoever_gets_the_kept_answer_hears_of_which_action_it_is(account: Recruiting) -> None:
    trial, told = WRITES["add_application_note"](account, account.person()), list[str]()
    first, again = (account.run("add_application_note", trial.given, announce=told.append) for _ in range(2))
    assert told == [first.action_id] * 2 == [again.action_id] * 2
