"""Any request to Lever through Kombo's client: what is sent on, what is answered, and what is refused."""

from base64 import b64encode

import pytest
from kombo.errors import KomboGeneralError

from lever_assets_tests.actions.file_host import Reply, file_host
from lever_assets_tests.actions.recruiting import fresh
from lever_assets_tests.api.served import Served

PATH = "/v1/passthrough/lever/v1"


def test_kombos_client_asks_lever(acting: Served) -> None:
    person = acting.account.person()
    with acting.client() as kombo:
        answer = kombo.general.send_passthrough_request(
            tool="lever",
            api="v1",
            method="GET",
            path=f"/opportunities/{person.opportunity}?expand=stage",
            headers={"X-Own": "1"},
            params={"expand": "contact"},
            api_options={"anything": "1"},
        )
    assert answer.STATUS == "success"
    assert answer.data.status == 200
    assert answer.data.data["data"]["id"] == person.opportunity
    assert answer.data.data["data"]["stage"]["text"]


def test_what_lever_refuses_is_a_success_with_its_status(acting: Served) -> None:
    with acting.client() as kombo:
        answer = kombo.general.send_passthrough_request(
            tool="lever", api="v1", method="GET", path="opportunities/nobody"
        )
    assert answer.data.status == 404
    assert answer.data.data["code"]


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/x",
        "https://evil.example/x",
        "@evil.example/x",
        "/@evil.example/x",
        "../x",
        "/opportunities/../../x",
        "/opportunities/%2e%2e/x",
        "/opportunities\r\nHost: evil.example",
        "/opportunities%0d%0aX: 1",
        "/a\\b",
        "/" + "x" * 20_000,
    ],
)
def test_a_path_leads_nowhere_else(acting: Served, path: str) -> None:
    marker = f"{fresh('marked')}-".replace(" ", "-")
    order = {"method": "GET", "params": {"marker": marker}}

    def is_sent() -> bool:
        """Tell it by a marker: what another test began may go on beside this one."""
        return any(marker in each for each in acting.account.sandbox.requests().recent)

    error = acting.error("POST", PATH, 400, json={**order, "path": path})
    assert error["code"] == "PLATFORM.INPUT_INVALID"
    assert "evil" not in error["message"]
    assert not is_sent()
    acting.data("POST", PATH, json={**order, "path": "/tags"})
    assert is_sent()


def test_a_callers_own_credentials_are_not_sent_on(acting: Served) -> None:
    headers = {"Authorization": "Basic c29tZWJvZHk6", "Cookie": "a=b", "Host": "evil.example"}
    asked = {"method": "GET", "path": "/users", "headers": headers, "params": {"limit": "1"}, "new": None}

    answer = acting.data("POST", PATH, json=asked)

    assert answer["status"] == 200  # with the key that is ours
    assert "set-cookie" not in {name.lower() for name in answer["headers"]}


def test_a_form_holds_files_by_content_and_by_address(acting: Served) -> None:
    account, person = acting.account, acting.account.person()
    with acting.client() as kombo:
        answer = kombo.general.send_passthrough_request(
            tool="lever",
            api="v1",
            method="POST",
            path=f"/opportunities/{person.opportunity}/files",
            params={"perform_as": str(acting.settings.perform_as)},
            multipart_form_data=[
                {
                    "name": "file",
                    "value": {
                        "name": "form.pdf",
                        "content_type": "application/pdf",
                        "data": b64encode(b"%PDF-1.4 x").decode(),
                    },
                }
            ],
        )
    assert answer.data.status in {200, 201}
    assert "form.pdf" in account.files(person)

    with file_host() as host:  # a host of this machine: addresses that are not public are refused
        url = host.gives("/cv.pdf", Reply(b"%PDF-1.4 y"))
        asked = {
            "method": "POST",
            "path": f"/opportunities/{person.opportunity}/files",
            "multipart_form_data": [{"name": "file", "value": {"name": "x.pdf", "data_url": url, "new": 1}}],
        }
        error = acting.error("POST", PATH, 400, json=asked)
        assert error["code"] == "PLATFORM.INPUT_INVALID"
        assert not host.asked


def test_what_has_no_general_code_travels_without_one(acting: Served) -> None:
    acting.account.sandbox.set_faults("reset=1,method=GET")
    with acting.client() as kombo, pytest.raises(KomboGeneralError) as raised:
        kombo.general.send_passthrough_request(tool="lever", api="v1", method="GET", path="/users")
    error = raised.value.data.error
    assert error.code is None
    assert error.title
    assert raised.value.status_code == 503


@pytest.mark.parametrize("where", ["greenhouse/v1", "lever/v2"])
def test_there_is_no_other_tool(acting: Served, where: str) -> None:
    asked = {"method": "GET", "path": "/users"}
    error = acting.error("POST", f"/v1/passthrough/{where}", 400, json=asked)
    assert error["code"] == "PLATFORM.INPUT_INVALID"
