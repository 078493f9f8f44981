"""Killed fifty times at any moment, a sync ends in the tables of one that never was."""

import multiprocessing
import random
from pathlib import Path

import pytest

from lever_assets.store import Store
from lever_assets.sync.status import status
from lever_assets_tests.sync.killing import sync_alone
from lever_assets_tests.sync.tables import Account, live

KILLS = 50


@pytest.mark.long
def test_fifty_kills_end_in_equal_tables(account: Account, tmp_path: Path) -> None:
    account.sync()
    expected = live(account.database)
    killed = f"sqlite:///{tmp_path / 'killed.db'}"
    arguments = (account.sandbox.key, account.sandbox.url, str(tmp_path), killed)
    spawning = multiprocessing.get_context("forkserver")
    spawning.set_forkserver_preload(["lever_assets_tests.sync.killing"])
    chance = random.Random(7)
    account.sandbox.set_faults("latency=20")  # so none ends within a quarter of a second
    ended = 0
    for number in range(KILLS):
        if number % 10 == 9:
            account.sandbox.touch(share=0.1, seed=number)
        process = spawning.Process(target=sync_alone, args=arguments)
        process.start()
        process.join(chance.uniform(0.02, 0.5))
        ended += process.exitcode is not None
        process.kill()
        process.join()
    assert ended < KILLS / 2  # most were killed in the middle
    account.sandbox.set_faults()
    survivor = Account(account.sandbox, tmp_path, killed)
    survivor.sync()

    account.sync()
    assert live(killed) == live(account.database) != expected
    store = Store.open(killed)
    assert status(store, "lever").unfinished == ()
    store.close()
