"""How many requests a minute a key may make, where that is limited."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from kombo import Kombo
from kombo.errors import KomboAtsError, KomboGeneralError

from lever_assets.api.errors import Code
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.api.served import KEY, Served, served
from lever_assets_tests.api.test_process import process_serving

ANOTHER = "another-key-for-tests"
_PATH = "/v1/check-api-key"


def test_kombos_client_is_told_when_it_may_ask_again(shared: Served) -> None:
    with served(shared.account, api_rate_limit=3) as here, here.client() as kombo:
        for _ in range(3):
            assert kombo.ats.get_tags().result.data.results
        with pytest.raises(KomboAtsError) as raised:
            kombo.ats.get_tags()
        with pytest.raises(KomboGeneralError) as of_general:
            kombo.general.check_api_key()

    assert raised.value.data.error.code == Code.RATE_LIMITED.value
    assert of_general.value.data.error.code == Code.RATE_LIMITED.value
    assert raised.value.status_code == 429
    assert 1 <= int(raised.value.headers["retry-after"]) <= 20
    assert "LEVER_API_RATE_LIMIT" in raised.value.data.error.message


def test_who_waits_as_long_is_answered_and_other_keys_are_not_held_up(shared: Served) -> None:
    with served(shared.account, api_rate_limit=30, api_tokens=ANOTHER) as here:
        refused = next(
            each for each in (here.ask("GET", _PATH) for _ in range(40)) if each.status_code == 429
        )
        assert here.ask("GET", _PATH, key=ANOTHER).status_code == 200
        assert here.ask("GET", _PATH, key="wrong").status_code == 401
        for _ in range(5):  # what is refused does not count
            assert here.ask("GET", _PATH).status_code == 429
        time.sleep(int(refused.headers["retry-after"]))
        assert here.ask("GET", _PATH).status_code == 200


def test_where_none_is_set_nothing_is_kept_of_requests(api: Served) -> None:
    for _ in range(3):
        assert api.ask("GET", _PATH).status_code == 200
    assert _kept(api) == 0
    with served(api.account, api_rate_limit=10) as here:
        assert here.ask("GET", _PATH).status_code == 200
        assert _kept(here) == 1


def test_while_somebody_has_the_file_of_a_limit_others_are_answered(
    sqlite_database: str, recruiters: Served, tmp_path: Path
) -> None:
    account = Recruiting(recruiters.account.sandbox, tmp_path, sqlite_database)
    with served(account, api_rate_limit=10) as here, ThreadPoolExecutor(1) as another:
        assert here.ask("GET", _PATH).status_code == 200
        [pace] = tmp_path.glob("rate/*.api.pace")
        with FileLock(f"{pace}.lock"):
            held_up = another.submit(here.ask, "GET", _PATH)
            assert here.ask("GET", _PATH, key="wrong", timeout=10).status_code == 401
            time.sleep(0.5)
            assert here.ask("GET", _PATH, key="wrong", timeout=10).status_code == 401
            assert not held_up.done()
        assert held_up.result(30).status_code == 200


def _kept(api: Served) -> int:
    """Return of how many keys of ours it is kept how far their allowance is given away."""
    if api.settings.tables_url.startswith("postgresql"):
        with api.account.session() as session, session.reading() as tx:
            found = tx.sql.exec_driver_sql("SELECT count(*) FROM allowances WHERE name LIKE '%%.api'")
            return int(found.scalar_one())
    return len(list(api.account.folder.glob("rate/*.api.pace")))


def test_workers_share_it(recruiters: Served) -> None:
    with process_serving(recruiters, "--workers", "2", LEVER_API_RATE_LIMIT="6") as (here, _):
        answers: list[Any] = []
        for _ in range(24):  # each on a connection of its own, which any worker may take
            with Kombo(
                api_key=KEY, integration_id=here.integration, server_url=f"{here.url}/v1", timeout_ms=60_000
            ) as kombo:
                try:
                    kombo.general.check_api_key()
                    answers.append("answered")
                except KomboGeneralError as error:
                    answers.append(error.data.error.code)

    assert 6 <= answers.count("answered") <= 8  # some come free while it lasts
    assert set(answers) == {"answered", Code.RATE_LIMITED.value}
