"""Who may ask, and what everybody is answered who may not, or asks for what is not there."""

import sqlite3
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest
from kombo.errors import KomboGeneralError

from lever_assets.api.acting import Asked
from lever_assets.api.keys import KeyNameError, create_key, every_key, revoke
from lever_assets.arrivals import CROWDED_SECONDS, FROM_ONE_PEER
from lever_assets.store import Store
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.api.served import KEY, Served, served


def test_the_client_is_told_that_its_key_is_good(shared: Served) -> None:
    with shared.client() as kombo:
        first = kombo.general.check_api_key().data
        second = kombo.general.check_api_key().data

    assert len(first.environment_id) == 24
    assert first == second


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", f"Basic {KEY}", KEY, "Bearer é"])
def test_without_a_key_nobody_learns_what_there_is(shared: Served, header: str | None) -> None:
    answers = set()
    for path in ("/v1/check-api-key", "/v1/nothing", "/v1", "/v1/ats/jobs", "/v1/openapi.json"):
        headers = {} if header is None else {"Authorization": header.encode()}
        error = shared.error("GET", path, 401, key=None, headers=headers)
        assert error["code"] == "PLATFORM.AUTHENTICATION_INVALID"
        answers.add(error["message"])
    assert len(answers) == 1


def test_a_wrong_key_raises_the_clients_own_error(shared: Served) -> None:
    with shared.client(api_key="wrong") as kombo, pytest.raises(KomboGeneralError) as raised:
        kombo.general.check_api_key()
    assert raised.value.data.error.code == "PLATFORM.AUTHENTICATION_INVALID"


def test_what_is_not_there_is_told_in_the_same_shape(shared: Served) -> None:
    for method, path, status in (
        ("GET", "/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("POST", "/v1/check-api-key", 405),
    ):
        assert shared.error(method, path, status)["code"] == "PLATFORM.INPUT_INVALID"


def test_a_key_that_was_made_counts_until_it_is_revoked(api: Served, store: Store) -> None:
    key = create_key(store, "a product").get_secret_value()
    with pytest.raises(KeyNameError):
        create_key(store, "a product")
    assert key not in repr(every_key(store))

    with served(api.account, api_token=None) as here:
        assert here.ask("GET", "/v1/check-api-key", key=key).status_code == 200
        assert here.ask("GET", "/v1/check-api-key").status_code == 401
    revoke(store, "a product")
    with served(api.account, api_token=None) as here:
        assert here.ask("GET", "/v1/check-api-key", key=key).status_code == 401
    with pytest.raises(KeyNameError):
        revoke(store, "a product")


def test_from_other_networks_nobody_may_ask(shared: Served) -> None:
    with served(shared.account, api_allow=("10.0.0.0/8", "192.168.1.1/32")) as elsewhere:
        assert elsewhere.error("GET", "/v1/check-api-key", 403)["code"] == "PLATFORM.IP_NOT_WHITELISTED"
    for network in ("127.0.0.0/8", "::ffff:127.0.0.0/104"):
        with served(shared.account, api_allow=(network,)) as here:
            assert here.ask("GET", "/v1/check-api-key").status_code == 200


def test_health_needs_no_key(shared: Served) -> None:
    assert shared.ask("GET", "/health", key=None).json() == {"status": "ok"}
    assert shared.ask("GET", "/ready", key=None).json() == {"status": "ok"}


def test_what_nobody_foresaw_is_told_in_the_same_shape(tmp_path: Path, shared: Served) -> None:
    account = Recruiting(shared.account.sandbox, tmp_path, f"sqlite:///{tmp_path / 'lever.db'}")
    with served(account) as here:
        with sqlite3.connect(tmp_path / "lever.db") as conn:
            conn.execute("DROP TABLE sync_state")
        error = here.error("GET", "/v1/ats/jobs", 500)
    assert error["code"] == "PLATFORM.UNKNOWN_ERROR"
    assert str(tmp_path) not in error["message"]


def test_connections_that_were_answered_are_kept_however_many_one_machine_has(shared: Served) -> None:
    port = int(shared.url.rpartition(":")[2])
    headers = {"Authorization": f"Bearer {KEY}"}
    clients = [HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(FROM_ONE_PEER + 8)]
    for pause in (CROWDED_SECONDS + 0.5, 0):
        for client in clients:
            client.request("GET", "/v1/check-api-key", headers=headers)
            answer = client.getresponse()
            answer.read()
            assert answer.status == 200
        time.sleep(pause)
    for client in clients:
        client.close()


def test_what_is_asked_for_does_not_show_whose_it_is() -> None:
    asked = Asked("lever:x", "create_candidate", {"candidate": {"email_address": "ada@example.com"}})
    assert "ada" not in repr(asked)
