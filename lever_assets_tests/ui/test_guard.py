"""No page of another site does anything with the UI, however its browser is made to ask."""

import json
from functools import partial
from urllib.parse import quote

import dagster as dg
import pytest

from lever_assets.ui.names import Address, Names
from lever_assets_tests.ui.conftest import JSON, Serve, Ui, as_query

FOREIGN = {"Origin": "https://evil.example"}
FORMS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
NAVIGATION = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def test_the_ui_itself_reads_and_writes(ui: Ui) -> None:
    own = {"Origin": f"http://{ui.host}", "Sec-Fetch-Site": "same-origin"}
    assert ui.ask(path="/", headers={"Sec-Fetch-Site": "none"}).status == 200
    assert json.loads(ui.graphql("{ version }", own).body)["data"]["version"]
    assert ui.did(lambda document: ui.graphql(document, own))


def test_so_does_a_program_that_is_no_browser(ui: Ui) -> None:
    assert ui.ask().status == 200
    assert ui.ask(path=as_query("{ version }")).status == 200
    assert ui.did(ui.graphql)


@pytest.mark.parametrize("name", ["localhost", "LocalHost.", "127.0.0.1", "[::1]", "[0:0::1]"])
def test_this_machine_has_several_names(ui: Ui, name: str) -> None:
    for host in (name, f"{name}:{ui.port}"):
        own = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        assert ui.ask(headers=own).status == 200
        assert ui.did(partial(ui.graphql, headers=own))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:3000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example#127.0.0.1",
        "127.0.0.1@evil.example",
        "127.0.0.1, evil.example",
        "192.0.2.7",
        "0.0.0.0",
        "[::ffff:7f00:2]",
        "[::2]",
        "[::1",
        "2130706433",
        "127.0.0.1:port",
        "localhost..",
        " ",
        "",
    ],
)
def test_another_name_is_refused_whatever_it_leads_to(ui: Ui, host: str) -> None:
    told = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    assert ui.ask(headers=told).status in {400, 403}
    assert not ui.did(lambda document: ui.graphql(document, told))


def test_two_names_are_refused(ui: Ui) -> None:
    assert ui.ask(lines=("Host: evil.example",)).status == 400
    assert ui.ask(headers={"Host": "evil.example"}, lines=(f"Host: {ui.host}",)).status == 400


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost",
        "http://127.0.0.1:1",
        "https://127.0.0.1",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "file://",
        "chrome-extension://abcdef",
        "http://[::1",
        "http://",
        "http",
    ],
)
def test_a_page_of_another_site_is_refused(ui: Ui, origin: str) -> None:
    assert ui.ask(headers={"Origin": origin}).status == 403
    assert not ui.did(lambda document: ui.graphql(document, {"Origin": origin}))


def test_of_two_senders_none_is_believed(ui: Ui) -> None:
    assert ui.ask(headers={"Origin": f"http://{ui.host}"}, lines=("Origin: null",)).status == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site", "whatever"])
def test_what_a_browser_says_comes_from_another_site_is_refused(ui: Ui, site: str) -> None:
    told = {"Sec-Fetch-Site": site}
    for path in ("/", "/server_info", as_query("{ version }")):
        assert ui.ask(path=path, headers=told).status == 403
    assert not ui.did(lambda document: ui.graphql(document, told))


def test_a_link_leads_here_but_changes_nothing_and_fits_in_no_frame(ui: Ui) -> None:
    assert ui.ask(path="/runs", headers=NAVIGATION).status == 200
    assert ui.ask(path="/runs", headers={**NAVIGATION, "Sec-Fetch-Dest": "iframe"}).status == 403
    assert ui.ask(path="/").headers["x-frame-options"] == "sameorigin"
    assert not ui.did(lambda document: ui.ask(path=as_query(document), headers=NAVIGATION))
    assert not ui.did(lambda document: ui.graphql(document, NAVIGATION))


@pytest.mark.parametrize("foreign", [{}, FOREIGN])
@pytest.mark.parametrize("form", [*FORMS, "", "application/graphql", "text/plain; application/json"])
def test_a_mutation_in_a_form_that_browsers_send_unasked_is_refused(
    ui: Ui, form: str, foreign: dict[str, str]
) -> None:
    told = {"Content-Type": form, **foreign}

    def in_body(body: str, document: str) -> object:
        return ui.ask("POST", "/graphql", told, body.replace("DOCUMENT", document))

    assert not ui.did(
        lambda document: in_body(json.dumps({"query": "DOCUMENT"}), document.replace('"', '\\"'))
    )
    assert not ui.did(lambda document: in_body("query=DOCUMENT", quote(document)))
    assert not ui.did(partial(in_body, "DOCUMENT"))
    assert not ui.did(lambda document: ui.ask("POST", as_query(document), told))
    assert ui.ask("POST", as_query("{ version }"), told).status == (403 if foreign else 415)


def test_of_two_content_types_none_is_believed(ui: Ui) -> None:
    assert not ui.did(
        lambda document: ui.ask("POST", as_query(document), JSON, "{}", lines=("Content-Type: text/plain",))
    )


def test_the_content_type_may_have_its_parameters(ui: Ui) -> None:
    assert ui.did(lambda document: ui.graphql(document, {"Content-Type": "application/json ; charset=utf-8"}))


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/graphql", "/graphql/", "//graphql", "/%67raphql"])
def test_a_mutation_in_an_address_is_refused(ui: Ui, path: str, method: str, accept: str) -> None:
    def send(form: str, mutation: str) -> object:
        asked = f"{path}?query={quote(form.format(mutation))}&operationName=m"
        answer = ui.ask(method, asked, {"Accept": accept})
        assert answer.status == 405
        return answer

    for form in ("{}", "query a {{ version }} {}", "# a comment\n{}", "{} query b {{ version }}"):
        assert not ui.did(partial(send, form))


def test_a_second_document_does_not_hide_behind_the_first(ui: Ui) -> None:
    assert not ui.did(lambda document: ui.ask(path=f"{as_query('{ version }')}&query={quote(document)}"))
    assert not ui.did(lambda document: ui.ask(path=f"{as_query(document)}&query={quote('{ version }')}"))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "QUERY"])
def test_no_other_method_is_taken(ui: Ui, method: str) -> None:
    assert ui.ask(method, "/graphql", JSON).status in {400, 405}


def test_a_browser_that_asks_whether_it_may_is_told_no(ui: Ui) -> None:
    asked = {**FOREIGN, "Access-Control-Request-Method": "POST", "Sec-Fetch-Site": "cross-site"}
    answer = ui.ask("OPTIONS", "/graphql", asked)
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_the_method_cannot_be_overridden(ui: Ui, header: str) -> None:
    assert ui.ask(path="/graphql", headers={header: "POST"}).status == 400
    assert not ui.did(lambda document: ui.graphql(document, {header: "GET"}))


def test_what_is_reported_of_assets_is_json_too(ui: Ui) -> None:
    path = "/report_asset_materialization/a?asset_key=a"
    for told in ({}, {"Content-Type": "text/plain"}, {**JSON, **FOREIGN}):
        assert ui.ask("POST", path, told).status in {403, 415}
    assert ui.instance.get_latest_materialization_event(dg.AssetKey("a")) is None
    assert ui.ask("POST", path, JSON, "{}").status == 200
    assert ui.instance.get_latest_materialization_event(dg.AssetKey("a")) is not None


def test_several_documents_at_once_are_not_done(ui: Ui) -> None:
    assert not ui.did(lambda document: ui.ask("POST", "/graphql", JSON, json.dumps([{"query": document}])))


def test_a_refusal_repeats_nothing_that_was_sent(ui: Ui) -> None:
    answer = ui.ask(headers={"Host": "evil.example", "Origin": "https://evil.example"})
    assert answer.status == 403
    assert "evil" not in answer.body
    assert answer.body.startswith("Refused: it was sent to a name that is not one of this UI's")


def test_further_names_are_ours_where_they_are_set(serve: Serve) -> None:
    names = Names("127.0.0.1", [Address("dagster.example.com"), Address("other.example.com", 8443)])
    with serve(names) as ui:
        page = {"Origin": "https://dagster.example.com", "Sec-Fetch-Site": "same-origin"}
        # A proxy that keeps the name, and one that replaces it.
        for host in ("dagster.example.com", "Dagster.example.com:443", ui.host):
            assert ui.did(partial(ui.graphql, headers={**page, "Host": host}))
        assert ui.ask(headers={"Host": "other.example.com:8443"}).status == 200
        assert ui.ask(headers={"Host": "other.example.com:1"}).status == 403
        assert ui.ask(headers={"Host": "example.com"}).status == 403
        assert ui.ask(headers={"Host": "evil.dagster.example.com"}).status == 403
        for origin in (
            "https://dagster.example.com:8000",
            "https://example.com",
            "https://other.example.com",
        ):
            assert ui.ask(headers={"Origin": origin}).status == 403


def test_the_address_at_which_it_arrives_is_ours_where_it_listens_on_all() -> None:
    names = Names("0.0.0.0")
    assert names.has_host(Address("192.0.2.7", 3000), "192.0.2.7")
    assert names.has_host(Address("192.0.2.7", 3000), "::ffff:192.0.2.7")
    assert not names.has_host(Address("192.0.2.8", 3000), "192.0.2.7")
    assert not names.has_host(Address("evil.example", 3000), "192.0.2.7")
