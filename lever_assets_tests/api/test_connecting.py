"""Connecting by a link: what the links are, what the page does, and what is kept of whom."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kombo import Kombo
from kombo.errors import KomboGeneralError
from sqlalchemy import select, update

from lever_assets.api.connection import Connections
from lever_assets.api.page.texts import texts
from lever_assets.api.runs import Runs
from lever_assets.api.shapes.connecting import ConnectedIntegration, ConnectionLink
from lever_assets.connect.links import MOST_ATTEMPTS, Failure, Language
from lever_assets.policy.exclusion import EXTRA, Exclusion
from lever_assets.prerequisites.permissions import to_grant
from lever_assets.store.accounts import any_account
from lever_assets.store.connect_links import forget_past_links
from lever_assets.store.tables import RAW, connect_links, notice_outbox
from lever_assets.store.transaction import NOBODY, now
from lever_assets_tests.api.linking import (
    Linking,
    activation_on,
    below,
    fits,
    linking,
    settle,
    submit,
)
from lever_assets_tests.connect.connecting import consent
from lever_assets_tests.web import WEB

BODY = {
    "end_user_email": "it@acme.example",
    "end_user_organization_name": "Acme Inc.",
    "integration_category": "ATS",
}


@pytest.fixture
def telling(database_url: str, tmp_path: Path) -> Iterator[Linking]:
    """A server that tells a URL, at which nobody is."""
    urls = {"notice_urls": "http://127.0.0.1:9/taken", "notice_types": ("all",)}
    with linking(database_url, tmp_path, **urls) as here:
        yield here


def rows(here: Linking) -> list[dict[str, Any]]:
    """The links as they are stored."""
    with here.store.reading(NOBODY) as tx:
        return [dict(row) for row in tx.sql.execute(select(connect_links)).mappings()]


def failures(here: Linking) -> list[dict[str, Any]]:
    """What was told of flows that failed."""
    c = notice_outbox.c
    with here.store.reading(NOBODY) as tx:
        found = tx.sql.execute(select(c.body).where(c.type == "connection-flow-failed")).scalars()
        return [json.loads(each)["data"] for each in found]


def test_by_a_key_from_the_link_to_the_integration(lined_up: Linking) -> None:
    link = lined_up.link(integration_tool="lever", language="de", remote_environment=None)
    assert link.startswith(f"{lined_up.api.url}/connect?token=")
    page = WEB.get(link)
    assert page.status_code == 200
    assert "Acme Inc." in page.text
    assert '<html lang="de">' in page.text
    assert 'name="api_key"' in page.text
    assert 'aria-label="Schließen"' in page.text

    refused = submit(link, step="key", api_key="wrong")
    assert refused.status_code == 422
    assert "Lever nimmt diesen Schlüssel nicht an" in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert "wrong" not in refused.text

    lined_up.sandbox.set_faults("slow=3,endpoint=GET /opportunities")  # for the first sync
    done = submit(link, step="key", api_key=f"  {lined_up.sandbox.key} ")
    token = activation_on(done)
    with lined_up.client() as kombo:
        found = kombo.connect.get_integration_by_token(token=token).data
        with pytest.raises(KomboGeneralError) as raised:
            kombo.connect.get_integration_by_token(token=token)
        assert raised.value.data.error.code == "PLATFORM.INPUT_INVALID"
        details = kombo.general.get_integration_details(integration_id=found.id).data
    assert (found.tool, found.end_user_origin_id, found.setup_status) == ("lever", "42", "FINAL_SYNC_PENDING")
    assert (found.end_user_organization_name, found.end_user_email) == ("Acme Inc.", "it@acme.example")
    assert details.end_user.creator_email == "it@acme.example"
    for again in (WEB.get(link), submit(link, step="key", api_key=lined_up.sandbox.key)):
        assert again.status_code == 410
        assert "wurde benutzt" in again.text
    assert lined_up.name(found.id) == "acme_inc"


def test_the_first_sync_begins_by_itself_and_once(lined_up: Linking) -> None:
    own = lined_up.connected()

    def details() -> Any:
        with lined_up.client() as kombo:
            return kombo.general.get_integration_details(integration_id=own).data

    assert details().setup_status in {"FINAL_SYNC_PENDING", "COMPLETED"}
    settle()
    assert details().setup_status == "COMPLETED"
    with lined_up.api.client(integration_id=own) as kombo:
        assert kombo.ats.get_jobs().result.data.results
    lists = lined_up.sandbox.requests().by_endpoint["GET /stages"]
    with lined_up.client() as kombo:
        link = kombo.general.create_reconnection_link(integration_id=own).data.link
    assert submit(link, step="key", api_key=lined_up.sandbox.key).status_code == 200
    settle()
    # Connecting asks for stages itself, to know the account again.
    assert lined_up.sandbox.requests().by_endpoint["GET /stages"] == lists + 1


def test_a_first_sync_that_was_asked_for_is_not_asked_for_again(lined_up: Linking) -> None:
    own = lined_up.connected()
    settle()
    store, settings = lined_up.store, lined_up.api.settings
    runs, found = Runs(store, settings), Connections(store, settings).connection(own)
    assert found.was_read
    unread = replace(found, was_read=False)
    before = lined_up.sandbox.requests().total
    runs.begin_first(unread)  # as Dagster's sensor, or another server, a moment later
    settle()
    assert lined_up.sandbox.requests().total == before


def test_what_is_kept_of_a_link(lined_up: Linking) -> None:
    link = lined_up.link()
    token = link.partition("token=")[2]
    (before,) = rows(lined_up)
    assert token not in str(before)
    assert before["email"] == "it@acme.example"
    done = submit(link, step="key", api_key=lined_up.sandbox.key)
    (after,) = rows(lined_up)
    assert activation_on(done) not in str(after)
    assert {after[name] for name in ("email", "organization_name", "origin_id", "verifier")} == {None}


def test_a_link_that_was_never_opened_is_forgotten(lined_up: Linking) -> None:
    link = lined_up.link()
    expire(lined_up)
    page = WEB.get(link)
    assert page.status_code == 410
    assert "This link has expired" in page.text
    with lined_up.store.writing(NOBODY) as tx:
        forget_past_links(tx)
    (row,) = rows(lined_up)
    assert row["email"] is None
    assert row["organization_name"] is None
    expire(lined_up, timedelta(days=31))
    lined_up.link()
    assert len(rows(lined_up)) == 1
    assert WEB.get(link).status_code == 404


def expire(here: Linking, by: timedelta = timedelta(seconds=1)) -> None:
    with here.store.writing(NOBODY) as tx:
        tx.sql.execute(update(connect_links).values(expires_at=now() - by))


@pytest.mark.parametrize(("kind", "hours"), [("EMBEDDED", 1), ("MAGIC_LINK", 365 * 24)])
def test_how_long_links_last(lined_up: Linking, kind: str, hours: int) -> None:
    lined_up.link(link_type=kind)
    (row,) = rows(lined_up)
    assert row["expires_at"] - row["created_at"] == timedelta(hours=hours)


def test_an_activation_token_lasts_ten_minutes(lined_up: Linking) -> None:
    token = activation_on(submit(lined_up.link(), step="key", api_key=lined_up.sandbox.key))
    (row,) = rows(lined_up)
    assert timedelta(minutes=9) < row["activation_until"] - now() < timedelta(minutes=10)
    with lined_up.store.writing(NOBODY) as tx:
        tx.sql.execute(update(connect_links).values(activation_until=now()))
    lined_up.api.error("GET", f"/v1/connect/integration-by-token/{token}", 400, integration=None)


def test_older_clients_activate_by_a_body(lined_up: Linking) -> None:
    link = lined_up.link()
    token = activation_on(submit(link, step="key", api_key=lined_up.sandbox.key))
    answer = lined_up.api.ask(
        "POST", "/v1/connect/activate-integration", json={"token": token}, integration=None
    )
    fits(ConnectedIntegration, answer)
    path = "/v1/connect/activate-integration"
    assert lined_up.api.error("POST", path, 400, json={"token": token})["code"] == "PLATFORM.INPUT_INVALID"
    fits(ConnectionLink, lined_up.api.ask("POST", "/v1/connect/create-link", json=BODY, integration=None))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"integration_category": None}, "integration_category"),
        ({"integration_category": "HRIS"}, "set integration_category to ATS"),
        ({"integration_tool": "greenhouse"}, "lever"),
        ({"remote_environment": "moon"}, "sandbox"),
        ({"end_user_email": "nobody"}, "end_user_email"),
        ({"end_user_organization_name": " "}, "end_user_organization_name"),
        ({"language": "xx"}, "language"),
        ({"link_type": "LETTER"}, "link_type"),
    ],
)
def test_what_makes_no_link(lined_up: Linking, changed: dict[str, Any], told: str) -> None:
    path = "/v1/connect/create-link"
    error = lined_up.api.error("POST", path, 400, json={**BODY, **changed}, integration=None)
    assert error["code"] == "PLATFORM.INPUT_INVALID"
    assert told in error["message"]


NOTHING = (
    "end_user_origin_id",
    "remote_environment",
    "integration_tool",
    "language",
    "scope_config_id",
    "enable_filtering",
    "enable_field_mapping",
    "enable_static_ips",
    "link_type",
)


def test_null_is_as_absent(lined_up: Linking) -> None:
    api = lined_up.api
    body = {**BODY, **dict.fromkeys(NOTHING)}
    plain = api.data("POST", "/v1/connect/create-link", json=body, integration=None)
    assert "API key" in WEB.get(plain["link"]).text
    own = lined_up.activated(submit(plain["link"], step="key", api_key=lined_up.sandbox.key))
    nothing = dict.fromkeys(("language", "scope_config_id", "link_type"))
    assert api.data("POST", f"/v1/integrations/{own}/relink", json=nothing)["link"]
    settle()
    assert api.data("POST", "/v1/force-sync", json={"type": None}, integration=own)["type"] == "FULL"
    asked = {
        **{"method": "GET", "path": "/stages", "headers": None, "params": None, "data": None},
        **{"response_as_base64": None, "multipart_form_data": None, "api_options": None},
    }
    told = api.ask("POST", "/v1/passthrough/lever/v1", json=asked, integration=own).json()
    assert (told["data"]["status"], told["warnings"]) == (200, [])
    settle()


def test_the_category_that_clients_send_by_default_is_explained(lined_up: Linking) -> None:
    with lined_up.client() as kombo, pytest.raises(KomboGeneralError) as raised:
        kombo.connect.create_connection_link(end_user_email="a@b.example", end_user_organization_name="Acme")
    assert "set integration_category to ATS" in raised.value.data.error.message


@pytest.mark.parametrize(
    ("organization", "name"),
    [("Ünïversal Søftware!", "universal_sftware"), ("42 & Co", "account_42_co"), ("株式会社", "account")],
)
def test_new_connections_have_names_of_their_own(lined_up: Linking, organization: str, name: str) -> None:
    own = lined_up.connected(end_user_organization_name=organization)
    again = lined_up.connected(end_user_organization_name=organization)
    assert (lined_up.name(own), lined_up.name(again)) == (name, f"{name}_2")


def test_names_that_others_have_or_none_may_have_are_not_chosen(lined_up: Linking) -> None:
    for organization, name in (("Lever", "lever_2"), ("Acme full", "acme_full_2")):
        assert lined_up.name(lined_up.connected(end_user_organization_name=organization)) == name


def signed_in(link: str, *, decision: str = "accept", role: str = "super_admin") -> Any:
    """Sign in at Lever by a link, in the other window; returns the page that Lever leads back to."""
    to_lever = WEB.get(below(link, "oauth"))
    assert to_lever.status_code == 302, to_lever.text
    return WEB.get(consent(to_lever.headers["location"], decision, role))


def state(link: str) -> str:
    return str(WEB.get(below(link, "state")).json()["state"])


def test_by_signing_in(lined_up: Linking) -> None:
    link = lined_up.link(language="es")
    assert "Iniciar sesión con Lever" in WEB.get(link).text
    assert state(link) == "waiting"
    back = signed_in(link)
    assert back.status_code == 200
    assert "Lever está conectado" in back.text
    assert "frame-ancestors 'none'" in back.headers["content-security-policy"]
    assert state(link) == "connected"
    own = lined_up.activated(WEB.get(link))
    assert state(link) == "over"
    with lined_up.store.reading(lined_up.name(own)) as tx:
        row = any_account(tx)
    assert row is not None
    assert row.kind == "oauth"


@pytest.mark.parametrize(("decision", "role"), [("deny", "super_admin"), ("accept", "admin")])
def test_whom_lever_does_not_let_in_may_try_again(telling: Linking, decision: str, role: str) -> None:
    link = telling.link()
    back = signed_in(link, decision=decision, role=role)
    assert back.status_code == 400
    assert "Not connected" in back.text
    assert state(link) == "failed"
    assert "signed in as a Super Admin" in WEB.get(link).text
    (told,) = failures(telling)
    assert told["end_user"] == {
        "organization_name": "Acme Inc.",
        "creator_email": "it@acme.example",
        "origin_id": "42",
    }
    assert (told["integration_tool"], told["integration_category"]) == ("lever", "ATS")
    assert signed_in(link).status_code == 200
    assert state(link) == "connected"


def test_an_answer_of_lever_is_good_once_and_for_its_link_alone(lined_up: Linking) -> None:
    link = lined_up.link()
    first = WEB.get(below(link, "oauth")).headers["location"]
    second = WEB.get(below(link, "oauth")).headers["location"]
    assert WEB.get(consent(first)).status_code == 404  # the second has taken its place
    address = consent(second)
    assert WEB.get(address).status_code == 200
    assert WEB.get(address).status_code == 404
    for stray in ("", "?state=", "?state=x&code=y", "?code=y"):
        assert WEB.get(f"{lined_up.api.url}/connect/callback{stray}").status_code == 404


def test_nobody_signs_in_where_the_app_leads_elsewhere(tmp_path: Path, sqlite_database: str) -> None:
    elsewhere = {"oauth_redirect_uri": "https://app.example.com/callback"}
    with linking(sqlite_database, tmp_path, **elsewhere) as here:
        link = here.link()
        page = WEB.get(link).text
        assert "Signing in with Lever is not set up" in page
        assert "connect/oauth" not in page
        assert WEB.get(below(link, "oauth")).status_code == 404
        here.activated(submit(link, step="key", api_key=here.sandbox.key))
    with linking(sqlite_database, tmp_path, oauth_client_id=None) as without:
        page = WEB.get(without.link()).text
        assert "Sign in with Lever" not in page
        assert "is not set up" not in page


def test_links_name_the_public_address(tmp_path: Path, sqlite_database: str) -> None:
    with linking(sqlite_database, tmp_path, api_url="https://ats.example.com/v1/") as here:
        assert here.link().startswith("https://ats.example.com/connect?token=")


def reconnecting(here: Linking, own: str, kombo: Kombo) -> str:
    return kombo.general.create_reconnection_link(
        integration_id=own, language="it", link_type="MAGIC_LINK"
    ).data.link


def test_reconnecting_is_for_the_same_account_alone(telling: Linking) -> None:
    own = telling.connected()
    name = telling.synced(own)
    with telling.client() as kombo:
        link = reconnecting(telling, own, kombo)
        assert "Ricolleghi il Suo account Lever" in WEB.get(link).text
        assert telling.activated(submit(link, step="key", api_key=telling.sandbox.key)) == own
        with telling.store.writing(name) as tx:  # as if it were another account that was read
            for resource in ("users", "stages", "archive_reasons"):
                c = RAW[resource].c
                tx.sql.execute(update(RAW[resource]).values(remote_id="x" + c.remote_id))
        link = reconnecting(telling, own, kombo)
    refused = submit(link, step="key", api_key=telling.sandbox.key)
    assert refused.status_code == 422
    assert "un altro account Lever" in refused.text
    (told,) = failures(telling)
    assert told["end_user"]["creator_email"] == "it@acme.example"
    with telling.store.reading(name) as tx:
        row = any_account(tx)
    assert row is not None
    assert row.organization_name == "Acme Inc."


def test_a_link_to_what_was_removed_is_over(lined_up: Linking) -> None:
    own = lined_up.connected()
    with lined_up.client() as kombo:
        link = reconnecting(lined_up, own, kombo)
        kombo.general.delete_integration(integration_id=own, body={})
    assert WEB.get(link).status_code == 410


def test_keys_of_others_can_not_be_tried(telling: Linking) -> None:
    link = telling.link()
    for _ in range(MOST_ATTEMPTS):
        assert submit(link, step="key", api_key="wrong").status_code == 422
    assert failures(telling) == []
    over = submit(link, step="key", api_key=telling.sandbox.key)
    assert over.status_code == 410
    assert "too many attempts" in over.text
    assert WEB.get(link).status_code == 410
    assert len(failures(telling)) == 1


@pytest.mark.parametrize("key", ["", "é", "a\nb", "x" * 5000])
def test_what_is_no_key_is_told_so(lined_up: Linking, key: str) -> None:
    refused = submit(lined_up.link(), step="key", api_key=key)
    assert refused.status_code == 422
    assert "does not accept this key" in refused.text


def test_a_form_of_any_size_is_not_read(lined_up: Linking) -> None:
    assert submit(lined_up.link(), step="key", api_key="x" * 100_000).status_code == 413


def test_an_unknown_link_is_told_in_the_browsers_language(lined_up: Linking) -> None:
    for accepted, told in (
        ("fr-CH, de;q=0.5", "n’est pas valable"),
        ("xx", "is not valid"),
        ("", "not valid"),
    ):
        answer = WEB.get(f"{lined_up.api.url}/connect?token=x", headers={"Accept-Language": accepted})
        assert answer.status_code == 404
        assert told in answer.text
    assert WEB.get(f"{lined_up.api.url}/connect").status_code == 404


def test_who_may_show_the_page(tmp_path: Path, sqlite_database: str) -> None:
    origins = ("https://app.example.com/", "https://two.example.com")
    with linking(sqlite_database, tmp_path, connect_origins=origins) as here:
        page = WEB.get(here.link())
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors https://app.example.com https://two.example.com" in policy
    assert "default-src 'self'" in policy
    assert "x-frame-options" not in page.headers
    assert "set-cookie" not in page.headers
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "https://app.example.com&quot;" in page.text
    with linking(sqlite_database, tmp_path) as here:
        assert "frame-ancestors *" in WEB.get(here.link()).headers["content-security-policy"]


def test_what_the_widget_has_put_into_the_address_stays(lined_up: Linking) -> None:
    page = WEB.get(f"{lined_up.link()}&sdkv=1.3.0")
    assert "&amp;sdkv=1.3.0" in page.text
    assert "<script>" not in page.text
    assert "style=" not in page.text


def test_what_somebody_calls_themselves_runs_nowhere(lined_up: Linking) -> None:
    page = WEB.get(lined_up.link(end_user_organization_name="<script>{organization}</script>"))
    assert "&lt;script&gt;{organization}&lt;/script&gt;" in page.text


def test_every_language_says_everything() -> None:
    names = set(texts(Language.EN))
    everything = Exclusion(extra=EXTRA)
    for language in Language:
        said = texts(language)
        assert set(said) == names
        assert all(each.strip() for each in said.values())
        assert {f"failure.{each.value}" for each in Failure} <= names
        assert {f"permission.{name}" for name, _ in to_grant(everything, read_only=False)} <= names
        if language is not Language.EN:
            alike = {name for name in names if said[name] == texts(Language.EN)[name]}
            assert len(alike) < 5, alike
