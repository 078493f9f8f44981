"""A process that is killed with a write under way: the next one finds out what became of it."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lever_assets.actions.engine.timing import Timing
from lever_assets.sandbox import Fault
from lever_assets.store.ledger import ActionState
from lever_assets_tests.actions import killed
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.actions.writes import WRITES

_PATIENT = Timing(lease=killed.LEASE, pause=0.01, lag=0.05, patience=1.5, wait=20)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_note_is_written_once_although_its_writer_was_killed(
    account: Recruiting, tmp_path: Path, when: str
) -> None:
    database = tmp_path / "lever.db"
    shutil.copy(account.database.removeprefix("sqlite:///"), database)
    mine = Recruiting(account.sandbox, tmp_path, f"sqlite:///{database}")
    trial = WRITES["add_application_note"](account, account.person())
    silence = {"name": "timeout", "when": when, "endpoint": trial.endpoint, "times": 1}
    account.sandbox.set_faults(Fault.model_validate(silence))
    account.sandbox.reset_requests()
    arguments = [account.sandbox.key, account.sandbox.url, mine.database, str(tmp_path)]
    command = [sys.executable, "-m", killed.__name__, *arguments, "add_application_note"]
    with subprocess.Popen([*command, json.dumps(trial.given)]) as process:
        wait_for(account, trial.endpoint, process)
        process.kill()

    answer = mine.run("add_application_note", trial.given, idempotency_key="killed", timing=_PATIENT)

    assert answer.state is ActionState.SUCCEEDED, answer.error
    assert trial.effects(account) == 1
    assert account.sandbox.requests().of(trial.endpoint) == (2 if when == "before" else 1)


def wait_for(account: Recruiting, endpoint: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while account.sandbox.requests().of(endpoint) == 0:
        assert process.poll() is None, "it ended before the write went out"
        assert time.monotonic() < deadline
        time.sleep(0.02)
