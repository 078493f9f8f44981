"""Two calls are two writes, however alike: no record that another action claims is taken for one's own."""

import asyncio
import threading
from dataclasses import replace

import pytest

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.options import Options
from lever_assets.actions.running import run_action_with
from lever_assets.sandbox import Fault
from lever_assets.store.ledger import ActionState
from lever_assets_tests.actions.recruiting import HASTY, Recruiting, client, fresh
from lever_assets_tests.actions.writes import WRITES, Trial
from lever_assets_tests.meddling import Asked, Reply, meddling

NOTES = "POST /opportunities/:id/notes"
LISTS = {"add_application_note": "notes", "add_candidate_attachment": "files"}
ADDING = pytest.mark.parametrize("name", LISTS)


def trial_of(account: Recruiting, name: str) -> Trial:
    return WRITES[name](account, account.person())


def lost(account: Recruiting, name: str, trial: Trial, when: str) -> str:
    """Do it so that nobody hears what became of it; returns the key."""
    key = fresh("lost")
    looked = f"GET /opportunities/:id/{LISTS[name]}"
    account.sandbox.set_faults(
        Fault.model_validate({"name": "reset", "when": when, "endpoint": trial.endpoint, "rate": 1}),
        # What was there before is told; whether it happened is not.
        Fault.model_validate({"name": "500", "endpoint": looked, "from": 2}),
    )
    found = account.run(name, trial.given, idempotency_key=key)
    account.sandbox.set_faults()
    assert found.state is ActionState.UNKNOWN, found.error
    return key


def done(account: Recruiting, name: str, trial: Trial, key: str, **options: object) -> ActionAnswer:
    found = account.run(name, trial.given, idempotency_key=key, **options)
    assert (found.state, found.warnings) == (ActionState.SUCCEEDED, ()), found.error
    return found


@ADDING
def test_what_another_key_wrote_is_not_taken_for_what_was_cut_off(account: Recruiting, name: str) -> None:
    trial = trial_of(account, name)
    first = lost(account, name, trial, "before")
    done(account, name, trial, fresh("other"))
    assert trial.effects(account) == 1

    done(account, name, trial, first)

    assert trial.effects(account) == 2


@ADDING
def test_what_was_written_although_its_answer_was_cut_off_is_found(account: Recruiting, name: str) -> None:
    trial = trial_of(account, name)
    first = lost(account, name, trial, "after")
    done(account, name, trial, fresh("other"))
    assert trial.effects(account) == 2

    account.sandbox.reset_requests()
    done(account, name, trial, first)

    assert trial.effects(account) == 2
    assert account.sandbox.requests().of(trial.endpoint) == 0


@pytest.mark.parametrize("when", ["before", "after"])
@ADDING
def test_what_lever_took_without_saying_its_id_is_not_taken_for_what_was_cut_off(
    account: Recruiting, name: str, when: str
) -> None:
    trial = trial_of(account, name)
    first = lost(account, name, trial, when)

    def nameless(asked: Asked, reply: Reply) -> Reply:
        return reply.of({}) if asked.method == "POST" else reply

    with meddling(account.sandbox.url, nameless) as between:
        done(account, name, trial, fresh("other"), settings={"base_url": between.url})
    done(account, name, trial, first)

    assert trial.effects(account) == 2


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["as they came", "the other way"])
@ADDING
def test_two_whose_answers_were_cut_off_find_one_each(
    account: Recruiting, name: str, order: tuple[int, int]
) -> None:
    trial = trial_of(account, name)
    keys = [lost(account, name, trial, "after") for _ in range(2)]
    assert trial.effects(account) == 2

    account.sandbox.reset_requests()
    for number in order:
        done(account, name, trial, keys[number])

    assert account.sandbox.requests().of(trial.endpoint) == 0
    assert trial.effects(account) == 2


@pytest.mark.sampled(1)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["as they came", "the other way"])
def test_of_two_the_one_that_was_not_written_is_written(
    elsewhere: Recruiting, order: tuple[int, int]
) -> None:
    name = "add_application_note"
    trial = trial_of(elsewhere, name)
    keys = [lost(elsewhere, name, trial, when) for when in ("before", "after")]
    assert trial.effects(elsewhere) == 1

    for number in order:
        done(elsewhere, name, trial, keys[number])

    assert trial.effects(elsewhere) == 2


def test_the_note_beside_a_link_is_not_that_of_another_link(account: Recruiting) -> None:
    person = account.person()
    trial = WRITES["add_candidate_result_link"](account, person)
    account.sandbox.set_faults(
        Fault(name="reset", when="before", endpoint=NOTES, rate=1),
        Fault.model_validate({"name": "500", "endpoint": "GET /opportunities/:id/notes", "from": 2}),
    )
    key = fresh("link")
    first = account.run("add_candidate_result_link", trial.given, idempotency_key=key)
    account.sandbox.set_faults()
    assert first.state is ActionState.INCOMPLETE
    done(account, "add_candidate_result_link", trial, fresh("other link"))
    texts = [each for each in account.notes(person) if str(trial.given["url"]) in each]
    assert len(texts) == 1

    again = account.run("add_candidate_result_link", trial.given, idempotency_key=key)

    assert again.state is ActionState.SUCCEEDED
    assert len([each for each in account.notes(person) if str(trial.given["url"]) in each]) == 2


def test_what_another_is_writing_at_this_moment_is_not_taken(account: Recruiting) -> None:
    trial = trial_of(account, "add_application_note")
    first = lost(account, "add_application_note", trial, "before")
    written, heard = threading.Event(), threading.Event()
    answers: list[ActionAnswer] = []

    def hold_back(asked: Asked, reply: Reply) -> Reply:
        if asked.method == "POST":
            written.set()
            heard.wait(10)
        return reply

    with meddling(account.sandbox.url, hold_back) as between:

        async def slowly() -> ActionAnswer:
            with account.session(base_url=between.url) as session:
                async with client(session.settings, timeout=20) as lever:
                    options = Options(idempotency_key=fresh("slow"), timing=replace(HASTY, lease=20))
                    return await run_action_with(lever, session, "add_application_note", trial.given, options)

        other = threading.Thread(target=lambda: answers.append(asyncio.run(slowly())))
        other.start()
        assert written.wait(10)
        threading.Timer(0.7, heard.set).start()  # longer than the first one is patient
        done(account, "add_application_note", trial, first)
        other.join()

    assert [each.state for each in answers] == [ActionState.SUCCEEDED]
    assert trial.effects(account) == 2


@pytest.mark.sampled(2)
@pytest.mark.parametrize("when", ["before", "after"])
def test_many_at_once_write_as_often_as_they_are(elsewhere: Recruiting, when: str) -> None:
    trial = trial_of(elsewhere, "add_application_note")
    keys = [fresh("at once") for _ in range(4)]
    elsewhere.sandbox.set_faults(
        Fault.model_validate({"name": "reset", "when": when, "endpoint": NOTES, "times": 3}),
        Fault(name="latency", rate=20),
    )
    answers: list[ActionAnswer] = []

    def call(key: str) -> None:
        answers.append(elsewhere.run("add_application_note", trial.given, idempotency_key=key))

    callers = [threading.Thread(target=call, args=(key,)) for key in keys]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert [each.state for each in answers] == [ActionState.SUCCEEDED] * 4
    assert trial.effects(elsewhere) == 4
