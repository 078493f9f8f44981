"""Kombo's own client for TypeScript, unmodified, calls each of its methods, and takes notices it knows."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from lever_assets.connect.connections import EndUser, connect_by_key, wanted_connection
from lever_assets.connect.links import Language, LinkType, Purpose, finish, make_link
from lever_assets.connect.vault import Vault
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import Transaction
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests import node
from lever_assets_tests.actions.newcomers import open_job
from lever_assets_tests.actions.recruiting import Recruiting, waiting
from lever_assets_tests.api.accounts import RECORDED, account_in_lever
from lever_assets_tests.api.served import KEY, served
from lever_assets_tests.either import POSTGRESQL_LATER

FOLDER = Path(__file__).parent / "typescript"
NOT_THERE_YET: set[str] = set()
"""Methods that are not served yet, or groups of them: each fails, and whoever has it served takes it out."""
LISTS = {
    "getApplicationStages": "application_stages",
    "getApplications": "applications",
    "getCandidates": "candidates",
    "getInterviews": "interviews",
    "getJobs": "jobs",
    "getOffers": "offers",
    "getRejectionReasons": "rejection_reasons",
    "getRoles": "roles",
    "getTags": "tags",
    "getUsers": "users",
}


@dataclass(frozen=True)
class Connected:
    """A connection that was made and synced, of which kind of account, and how it is asked for."""

    kind: str
    account: Recruiting
    settings: dict[str, Any]
    job: str


@pytest.fixture
def connected(kind: str, database_url: str, tmp_path: Path) -> Iterator[Connected]:
    """An account that somebody connected, with fields of its own, in a database of either kind."""
    with account_in_lever(kind, opportunities=25, seed=2) as sandbox:
        account = Recruiting(sandbox, tmp_path, database_url)
        mapping = tmp_path / "fields.json"
        mapping.write_text(json.dumps({"candidates": {"headline": "headline"}}))
        settings = {
            "api_key": None,
            "connection": "acme",
            "secret_key": SecretStr(Vault.fresh_key()),
            "custom_fields": mapping,
            "perform_as": sandbox.ids("users")[0],
            "assessment_stage": sandbox.ids("stages")[0],
        }
        job = open_job(account)
        given = account.settings(**settings)
        store = Store.open(database_url)
        user = EndUser(organization_name="Acme", email="ada@acme.example", origin_id="42")
        wanted = wanted_connection(store, given, "acme", end_user=user)
        connect_by_key(store, given, wanted, SecretStr(sandbox.key))
        store.close()
        with Session.open(given) as session:
            sync(session, Scope())
        yield Connected(kind, account, settings, job)


def asked_for(connected: Connected, settings: Settings) -> dict[str, Any]:
    """Return whom the script writes of, and how many rows it is to find."""
    with Session.open(settings) as session:
        person = next(waiting(session))
        with session.reading() as tx:
            stage = _other_stage(tx, person.application)
            [user] = _ids(tx, "users", 1)
            return {
                "has_everything": connected.kind != RECORDED,
                "counts": {method: _counts(tx, model) for method, model in LISTS.items()},
                "candidate_id": person.candidate,
                "application_id": person.application,
                "remote_candidate_id": person.opportunity,
                "stage_id": stage,
                "rejection_reason_id": _ids(tx, "rejection_reasons", 1)[0][0],
                "job_id": f"remote:{connected.job}",
                "user_id": user[0],
                "remote_user_id": user[1],
                "activation_token": _activation_token(session.store),
            }


def _activation_token(store: Store) -> str:
    """Return what the page gives who has come to its end."""
    link = make_link(store, Purpose.SETUP, LinkType.EMBEDDED, Language.EN, connection="acme")
    return finish(store, link.get_secret_value()).get_secret_value()


def _counts(tx: Transaction, model: str) -> dict[str, int]:
    c = UNIFIED[model].c
    mine = select(func.count()).where(c.connection == tx.account)
    live = mine.where(c.remote_deleted_at.is_(None))
    return {"all": tx.sql.execute(mine).scalar_one(), "live": tx.sql.execute(live).scalar_one()}


def _ids(tx: Transaction, model: str, number: int) -> list[tuple[str, str]]:
    c = UNIFIED[model].c
    query = select(c.id, c.remote_id).where(c.remote_deleted_at.is_(None)).order_by(c.id).limit(number)
    return [(row.id, row.remote_id) for row in tx.sql.execute(query)]


def _other_stage(tx: Transaction, application: str) -> str:
    c = UNIFIED["applications"].c
    now = tx.sql.execute(select(c.current_stage_id).where(c.id == application)).scalar_one()
    return next(each for each, _ in _ids(tx, "application_stages", 2) if each != now)


@pytest.mark.parametrize("database_url", POSTGRESQL_LATER, indirect=True)
def test_every_method_of_the_client_does_what_it_is_for(connected: Connected, tmp_path: Path) -> None:
    with served(connected.account, **connected.settings) as api:
        given = {
            "server_url": f"{api.url}/v1",
            "api_key": KEY,
            "integration_id": api.integration,
            **asked_for(connected, api.settings),
        }
        lines = node.run(FOLDER / "suite.mjs", node.packages(FOLDER), tmp_path, json.dumps(given))
    outcomes = [json.loads(line) for line in lines]
    failed = defaultdict(list)
    for each in outcomes:
        if not each["ok"]:
            failed[_method(each["name"])].append(f"{each['name']}: {each['error']}")
    told = "\n".join(
        text for method, texts in sorted(failed.items()) if not _is_missing(method) for text in texts
    )
    assert not told, told
    served_now = {each for each in NOT_THERE_YET if not any(_of(each, method) for method in failed)}
    assert served_now == set(), "these are served now: take them out of NOT_THERE_YET"
    assert len(outcomes) > 150


def _method(name: str) -> str:
    return str(name).partition(":")[0]


def _of(missing: str, method: str) -> bool:
    return method == missing or method.startswith(f"{missing}.")


def _is_missing(method: str) -> bool:
    return any(_of(each, method) for each in NOT_THERE_YET)
