"""Files of candidates: listed with links of our own, which need no key, and given on as Lever has them."""

import json
import re
import time
from base64 import b64encode
from datetime import timedelta
from urllib.parse import unquote

import httpx
import pytest

from lever_assets.api.file_names import attached_as, name_in
from lever_assets.api.shapes.acted import ActionDetails, FilesOfCandidate
from lever_assets.api.shapes.envelope import Done
from lever_assets.connect.vault import Vault
from lever_assets.store.transaction import now
from lever_assets.unified.ids import integration_id
from lever_assets_tests.actions.recruiting import Person, fresh
from lever_assets_tests.api.served import Served, served


def _attached(api: Served, person: Person, content: bytes, name: str) -> str:
    """Add a file through the API; return its link."""
    file = {
        "name": name,
        "type": "OTHER",
        "content_type": "application/pdf",
        "data": b64encode(content).decode(),
    }
    path = f"/v1/ats/candidates/{person.candidate}/attachments"
    api.data("POST", path, json={"attachment": file})
    (found,) = [each for each in api.data("GET", path)["results"] if each["file_name"] == name]
    return str(found["data_url"])


def _saved_as(answer: httpx.Response) -> str:
    """Return the name by which a browser saves a file: the one of RFC 5987, if there is one."""
    told = re.fullmatch(
        r"attachment; filename=\"([ -~]+)\"(?:; filename\*=UTF-8''([!-~]+))?",
        answer.headers["content-disposition"],
    )
    assert told is not None
    return unquote(told[2]) if told[2] else told[1]


def _path(api: Served, link: str) -> str:
    assert link.startswith(f"{api.url}/v1/files/")
    return link.removeprefix(api.url)


def _sealed(api: Served, *told: object) -> str:
    sealed = Vault.made_for(api.settings).seal(json.dumps(told))
    return f"/v1/files/{sealed.rstrip('=')}"


def test_kombos_client_lists_files_and_their_links_need_no_key(acting: Served) -> None:
    person = acting.account.person()
    content = b"%PDF-1.4 " + bytes(range(256)) * 40
    name = fresh("cv of Ada") + ".pdf"
    link = _attached(acting, person, content, name)

    listed = acting.ask("GET", f"/v1/ats/candidates/{person.candidate}/attachments").json()
    assert Done[FilesOfCandidate].model_validate(listed).model_dump() == listed
    answer = acting.ask("GET", _path(acting, link), key=None, integration=None)

    assert answer.status_code == 200
    assert answer.content == content
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    with acting.client() as kombo:
        of_candidate = kombo.ats.get_candidate_attachments(candidate_id=person.candidate).data.results
        of_application = kombo.ats.get_application_attachments(application_id=person.application).data.results
    assert {each.candidate_id for each in of_candidate} == {person.candidate}
    assert {each.application_id for each in of_candidate} == {person.application}
    assert [each.remote_id for each in of_candidate] == [each.remote_id for each in of_application]


@pytest.mark.parametrize("quirks", [(), ("files-unnamed",)])
def test_a_file_is_saved_by_its_own_name(acting: Served, quirks: tuple[str, ...]) -> None:
    person = acting.account.person()
    for name in (fresh("履歴書 Ünal") + ".pdf", fresh("one; filename=b, 100%") + ".pdf", fresh("noch einer")):
        path = _path(acting, _attached(acting, person, b"%PDF-1.4", name))
        acting.account.sandbox.set_quirks(*quirks)
        try:
            answer = acting.ask("GET", path, key=None, integration=None)
        finally:
            acting.account.sandbox.set_quirks()
        assert answer.status_code == 200
        assert _saved_as(answer) == name


def test_a_record_that_does_not_come_keeps_no_file_waiting(acting: Served) -> None:
    person = acting.account.person()
    path = _path(acting, _attached(acting, person, b"%PDF-1.4", fresh("slow") + ".pdf"))
    acting.account.sandbox.set_quirks("files-unnamed")
    acting.account.sandbox.set_faults("500=1,endpoint=GET /opportunities/:id/files/:child")
    began = time.monotonic()
    try:
        answer = acting.ask("GET", path, key=None, integration=None)
    finally:
        acting.account.sandbox.set_quirks()
        acting.account.sandbox.set_faults()
    assert (answer.status_code, answer.content) == (200, b"%PDF-1.4")
    assert time.monotonic() - began < 20  # it is tried again for two minutes else


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename*=UTF-8''%E2%82%AC%20rates.pdf", "€ rates.pdf"),
        ('attachment; filename="plain.pdf"', "plain.pdf"),
        ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        ('attachment; filename="C:\\\\temp\\\\cv.pdf"', "cv.pdf"),
        ("attachment; filename*=UTF-8''a%0D%0Ab%00%E2%80%AEfdp.exe", "abfdp.exe"),
        ('attachment; filename=".htaccess"', "htaccess"),
        (f'attachment; filename="{"x" * 300}.pdf"', f"{'x' * 146}.pdf"),
        ("attachment; filename*=nonsense''%FF.pdf", "ÿ.pdf"),
        ("attachment", None),
        ('attachment; filename=".."', None),
        ("", None),
        (None, None),
    ],
)
def test_of_a_name_nothing_is_left_that_harms(header: str | None, name: str | None) -> None:
    found = name_in(header)

    assert found == name
    if found is not None:
        assert re.fullmatch("[ -~]+", attached_as(found, "file"))


def test_a_link_names_nobody(acting: Served) -> None:
    person = acting.account.person()
    link = _attached(acting, person, b"%PDF-1.4", fresh("Ada Byron") + ".pdf")

    for word in ("ada", "byron", person.candidate, person.opportunity, "lever:", integration_id("lever")):
        assert word.lower() not in link.removeprefix(acting.url).lower()
    assert re.fullmatch(r"/v1/files/[A-Za-z0-9_-]+", _path(acting, link))


def test_a_changed_link_leads_nowhere(acting: Served) -> None:
    person = acting.account.person()
    path = _path(acting, _attached(acting, person, b"%PDF-1.4", fresh("x") + ".pdf"))
    changed = [
        path[:-8] + "AAAAAAAA",
        path[:60] + ("A" if path[60] != "A" else "B") + path[61:],
        "/v1/files/x",
        "/v1/files/%00",
        "/v1/files/" + "x" * 5000,
        _sealed(acting, "secret", acting.integration, person.opportunity, "files", "x", 9_999_999_999),
        _sealed(acting, "file", acting.integration, person.opportunity, "../files", "x", 9_999_999_999),
        _sealed(acting, "file", acting.integration, person.opportunity, "files", "nothing", 9_999_999_999),
        _sealed(acting, "file", "lever:nobody", person.opportunity, "files", "x", 9_999_999_999),
    ]
    for each in changed:
        assert acting.error("GET", each, 404, key=None)["code"] == "PLATFORM.INPUT_INVALID"


def test_a_link_is_good_for_seven_days(acting: Served) -> None:
    person = acting.account.person()
    path = _path(acting, _attached(acting, person, b"%PDF-1.4", fresh("x") + ".pdf"))
    sealed = path.removeprefix("/v1/files/")
    opened = json.loads(Vault.made_for(acting.settings).open(sealed + "=" * (-len(sealed) % 4)))
    until = now() + timedelta(days=7)

    assert abs(opened[-1] - until.timestamp()) < 60
    expired = _sealed(acting, *opened[:-1], int(now().timestamp()) - 1)
    assert acting.error("GET", expired, 403, key=None)["code"] == "PLATFORM.INPUT_INVALID"


def test_of_a_connection_without_a_key_nothing_is_given(api: Served) -> None:
    (opportunity, *_) = api.account.sandbox.ids("opportunities")
    path = _sealed(api, "file", api.integration, opportunity, "files", "x", 9_999_999_999)
    with served(api.account, api_key=None) as here:
        assert here.error("GET", path, 404, key=None)["message"] == "There is no such file."


def test_when_lever_is_down_a_file_is_to_be_asked_for_again(acting: Served) -> None:
    person = acting.account.person()
    path = _path(acting, _attached(acting, person, b"%PDF-1.4", fresh("x") + ".pdf"))
    acting.account.sandbox.set_faults("403,path=/opportunities/*/download")

    error = acting.error("GET", path, 503, key=None)
    assert error["code"] is None  # files are of no family that has one


@pytest.mark.parametrize("address", ["https://api.example.com/", "https://api.example.com/v1"])
def test_the_public_address_is_in_the_links(acting: Served, address: str) -> None:
    person = acting.account.person()
    with served(acting.account, perform_as=acting.settings.perform_as, api_url=address) as here:
        content = {"name": "a.pdf", "type": "CV", "content_type": "application/pdf", "data": "JVBERg=="}
        path = f"/v1/ats/candidates/{person.candidate}/attachments"
        here.data("POST", path, json={"attachment": content})
        (*_, found) = here.data("GET", path)["results"]
    assert found["data_url"].startswith("https://api.example.com/v1/files/")


@pytest.mark.parametrize(
    "action",
    [
        "ats_create_candidate",
        "ats_create_application",
        "ats_add_application_attachment",
        "ats_add_candidate_attachment",
    ],
)
def test_an_actions_limits_are_told(acting: Served, action: str) -> None:
    data = acting.data("GET", f"/v1/ats/actions/{action}")
    assert ActionDetails.model_validate(data).model_dump() == data
    told = data["attachment_restrictions"]

    assert set(told["types"]) == {"CV", "COVER_LETTER", "OTHER"}
    assert told["types"]["CV"]["max_file_size_bytes"] == 30_000_000
    assert acting.error("GET", "/v1/ats/actions/ats_add_candidate_tag", 404)["code"]
