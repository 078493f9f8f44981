"""Each step of each action, in each trouble: how often it goes out, and that its effect is there once.

`python -m lever_assets_tests.actions.fault_matrix` goes through all of it and prints the table of
docs/actions/faults.md; `test_fault_matrix.py` holds the table to what happens.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any
from unittest.mock import patch

from lever_assets.actions.engine.timing import Timing
from lever_assets.sandbox import Fault, SandboxConfig, running_sandbox
from lever_assets.store.ledger import ActionState
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets_tests.actions import killed
from lever_assets_tests.actions.creation.test_creating_once import assert_whole, direct, through_form
from lever_assets_tests.actions.newcomers import applications_of, opportunities_of
from lever_assets_tests.actions.recruiting import Person, Recruiting, fresh, waiting
from lever_assets_tests.actions.writes import WRITES

TIMEOUT = 0.4
PATIENT = Timing(lease=killed.LEASE, pause=0.01, lag=0.05, patience=1.0, wait=20)

Json = dict[str, Any]
Check = Callable[[Recruiting], None]

CREATE = "POST /opportunities"
APPLY = "POST /postings/:id/apply"
UPLOAD = "POST /uploads"
CONTACT = "PUT /contacts/:id"
STAGE = "PUT /opportunities/:id/stage"
ARCHIVE = "PUT /opportunities/:id/archived"
LINKS = "POST /opportunities/:id/addLinks"
TAGS = "POST /opportunities/:id/addTags"
UNTAG = "POST /opportunities/:id/removeTags"
SOURCES = "POST /opportunities/:id/addSources"
NOTES = "POST /opportunities/:id/notes"
FILES = "POST /opportunities/:id/files"

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNTIL_BASE = re.compile(r" /v1(?=/)")

BY_FORM = (UPLOAD, APPLY, CONTACT, LINKS, TAGS, SOURCES, STAGE, FILES)


@dataclass(frozen=True)
class Attempt:
    """An action with its input; `check` fails unless Lever has all of it, each part once."""

    action: str
    given: Json
    check: Check


@dataclass(frozen=True)
class Case:
    """An action, or a way of doing it, and the writes that it takes in their order."""

    name: str
    steps: tuple[str, ...]
    make: Callable[[Recruiting, Person], Attempt]


def _simple(action: str) -> Callable[[Recruiting, Person], Attempt]:
    def make(account: Recruiting, person: Person) -> Attempt:
        trial = WRITES[action](account, person)

        def check(account: Recruiting) -> None:
            assert trial.effects(account) == 1
            if "url" in trial.given:
                _one_note(account, person, f"Test: {trial.given['url']}")

        return Attempt(action, trial.given, check)

    return make


def _one_note(account: Recruiting, person: Person, text: str) -> None:
    assert account.notes(person).count(text) == 1


def _rejection(account: Recruiting, person: Person) -> Attempt:
    plain, text = _simple("reject_application")(account, person), fresh("Not this time")

    def check(account: Recruiting) -> None:
        plain.check(account)
        _one_note(account, person, text)

    return Attempt(plain.action, {**plain.given, "note": text}, check)


def _of_the_application(action: str, like: str) -> Callable[[Recruiting, Person], Attempt]:
    """Return an action on an application that is as one on its candidate."""

    def make(account: Recruiting, person: Person) -> Attempt:
        plain = _simple(like)(account, person)
        given = {name: value for name, value in plain.given.items() if name != "candidate_id"}
        return Attempt(action, {**given, "application_id": person.application}, plain.check)

    return make


def _creation(action: str, *, form: bool) -> Callable[[Recruiting, Person], Attempt]:
    def make(account: Recruiting, _: Person) -> Attempt:
        given = (through_form if form else direct)(account)
        sent = given
        if action == "create_candidate":
            place = {"job_id": given["job_id"], "stage_id": given["stage_id"]}
            rest = {name: value for name, value in given.items() if name not in place}
            sent = {**rest, "application": place}
        return Attempt(action, sent, lambda account: assert_whole(account, given, form=form))

    return make


def _known(account: Recruiting, _: Person) -> Attempt:
    """Somebody whom Lever knows from another job: the creation brings what is new about them."""
    known, given = direct(account), direct(account)
    address = known["candidate"]["email_address"]
    plain = {**known["candidate"], "social_links": None, "phone_number": None}
    earlier = {**known, "candidate": plain, "stage_id": None, "attachments": None}
    assert account.run("create_application", earlier).succeeded
    given["candidate"]["email_address"] = address
    given["remote_fields"]["lever"]["candidate"] = {"tags": ["ours"], "sources": ["Fair"]}

    def check(account: Recruiting) -> None:
        assert len(opportunities_of(account, given)) == 2
        assert len(applications_of(account, given)) == 1
        job = given["job_id"].removeprefix("remote:")
        (found,) = [
            each for each in opportunities_of(account, given) if each["applications"][0]["posting"] == job
        ]
        assert [each["value"] for each in found["phones"]] == ["+44 1"]
        for listed, texts in (("tags", ["ours"]), ("links", _links(given)), ("sources", ["Fair"])):
            assert [each for each in found[listed] if each in texts] == texts
        assert [each["toStageId"] for each in found["stageChanges"]].count("offer") == 1
        files = account.read(f"/opportunities/{found['id']}/files")
        assert [each["name"] for each in files] == ["letter.pdf"]

    return Attempt("create_application", given, check)


def _links(given: Json) -> list[str]:
    return [each["url"] for each in given["candidate"]["social_links"]]


CASES: tuple[Case, ...] = (
    Case("create_candidate", (CREATE, FILES), _creation("create_candidate", form=False)),
    Case("create_candidate, form", BY_FORM, _creation("create_candidate", form=True)),
    Case("create_application", (CREATE, FILES), _creation("create_application", form=False)),
    Case("create_application, form", BY_FORM, _creation("create_application", form=True)),
    Case("create_application, known person", (CREATE, FILES), _known),
    Case("add_candidate_tag", (TAGS,), _simple("add_candidate_tag")),
    Case("remove_candidate_tag", (UNTAG,), _simple("remove_candidate_tag")),
    Case("move_application_to_stage", (STAGE,), _simple("move_application_to_stage")),
    Case("reject_application", (ARCHIVE, NOTES), _rejection),
    Case(
        "add_application_result_link",
        (LINKS, NOTES),
        _of_the_application("add_application_result_link", "add_candidate_result_link"),
    ),
    Case("add_candidate_result_link", (LINKS, NOTES), _simple("add_candidate_result_link")),
    Case("add_application_note", (NOTES,), _simple("add_application_note")),
    Case("add_candidate_attachment", (FILES,), _simple("add_candidate_attachment")),
    Case(
        "add_application_attachment",
        (FILES,),
        _of_the_application("add_application_attachment", "add_candidate_attachment"),
    ),
)
ROWS: tuple[tuple[Case, str], ...] = tuple((case, step) for case in CASES for step in case.steps)

TROUBLES: dict[str, Json] = {
    "reset before": {"name": "reset", "when": "before"},
    "reset after": {"name": "reset", "when": "after"},
    "500 before": {"name": "500", "when": "before"},
    "500 after": {"name": "500", "when": "after"},
    "429": {"name": "429"},
    "half a body": {"name": "truncate"},
    "time-out before": {"name": "timeout", "when": "before"},
    "time-out after": {"name": "timeout", "when": "after"},
}
KILLS = {"kill before": "before", "kill after": "after"}
COLUMNS = (*TROUBLES, *KILLS)


def sent(account: Recruiting, case: Case, step: str, trouble: str, folder: Path) -> int:
    """Do the action with one trouble at the step; return how often more than without any it went out.

    Fails unless the action ends well, by itself or (after a kill) by its key, with every effect there once.
    """
    attempt = case.make(account, account.person())
    usual = _usual(case, step)
    account.sandbox.reset_requests()
    if trouble in KILLS:
        state, warnings = _killed(account, attempt, step, KILLS[trouble], folder)
    else:
        account.sandbox.set_faults(
            Fault.model_validate({**TROUBLES[trouble], "endpoint": step, "rate": 1, "times": 1})
        )
        with patch("lever_assets.lever.transport._FILE_SECONDS", TIMEOUT):
            found = account.run(attempt.action, attempt.given)
        assert found.error is None, found.error
        state, warnings = found.state, found.warnings
    account.sandbox.set_faults()
    went_out = account.sandbox.requests().of(step)
    assert state is ActionState.SUCCEEDED, warnings
    attempt.check(account)
    return went_out - usual


def writes(account: Recruiting, case: Case) -> tuple[str, ...]:
    """Do the action without any trouble; return its writes in their order, each kind once."""
    attempt = case.make(account, account.person())
    account.sandbox.reset_requests()
    found = account.run(attempt.action, attempt.given)
    assert found.state is ActionState.SUCCEEDED, found.warnings
    asked = (each.partition("?")[0] for each in account.sandbox.requests().recent)
    kinds = (_UNTIL_BASE.sub(" ", _ID.sub(":id", each)) for each in asked)
    return tuple(dict.fromkeys(each for each in kinds if not each.startswith("GET ")))


def _usual(case: Case, step: str) -> int:
    """Return how often a step goes out beside the one that is struck: a form has two files to upload."""
    return 1 if step == UPLOAD and "form" in case.name else 0


def _killed(
    account: Recruiting, attempt: Attempt, step: str, when: str, folder: Path
) -> tuple[ActionState | None, tuple[str, ...]]:
    """Kill the process that does it with the step under way, and do it again by its key."""
    mine = Recruiting(account.sandbox, folder, f"sqlite:///{folder / 'lever.db'}")
    shutil.copy(account.database.removeprefix("sqlite:///"), folder / "lever.db")
    account.sandbox.set_faults(
        Fault.model_validate({"name": "timeout", "when": when, "endpoint": step, "times": 1})
    )
    arguments = [account.sandbox.key, account.sandbox.url, mine.database, str(folder), attempt.action]
    command = [sys.executable, "-m", killed.__name__, *arguments, json.dumps(attempt.given)]
    with subprocess.Popen(command) as process:
        deadline = time.monotonic() + 60
        while account.sandbox.requests().of(step) == 0:
            assert process.poll() is None, "it ended before the write went out"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()
    found = mine.run(attempt.action, attempt.given, idempotency_key="killed", timing=PATIENT)
    assert found.error is None, found.error
    return found.state, found.warnings


@contextmanager
def recruiting(folder: Path) -> Iterator[Recruiting]:
    """Yield a synced account of its own."""
    with running_sandbox(SandboxConfig(opportunities=300, seed=7, rate=0)) as lever:
        account = Recruiting(lever, folder, f"sqlite:///{folder / 'lever.db'}")
        with account.session() as session:
            sync(session, Scope())
            account.people = cycle(list(waiting(session)))
        yield account


def lines(account: Recruiting) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"| action | step | {' | '.join(COLUMNS)} |"
    yield f"| --- | --- |{' --- |' * len(COLUMNS)}"
    seen: Counter[str] = Counter()
    for case, step in ROWS:
        cells = []
        for trouble in COLUMNS:
            with tempfile.TemporaryDirectory() as name:
                cells.append(str(sent(account, case, step, trouble, Path(name))))
        seen[case.name] += 1
        yield f"| `{case.name}` | `{step}` | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name, recruiting(Path(name)) as account:
        for line in lines(account):
            print(line, flush=True)


if __name__ == "__main__":
    main()
