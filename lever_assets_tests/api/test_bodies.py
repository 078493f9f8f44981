"""Bodies that can't be used are refused in the API's shape, by the field, and nothing of them is repeated."""

import json
import socket
import time
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest

from lever_assets.api import bodies
from lever_assets_tests.api.served import KEY, Served

PATH = "/v1/ats/candidates/remote:x/tags"
JSON = {"Content-Type": "application/json"}
SECRET = "ada.byron@example.com"

ODD: dict[str, tuple[bytes, dict[str, str]]] = {
    "a list": (b'["%s"]' % SECRET.encode(), JSON),
    "a text": (b'"%s"' % SECRET.encode(), JSON),
    "null": (b"null", JSON),
    "no JSON": (b'{"tag": ada.byron@example.com', JSON),
    "cut short": (b'{"tag": {"name": "ada.byron@example.com"', JSON),
    "deep": (b'{"tag":' + b"[" * 100_000 + b"]" * 100_000 + b"}", JSON),
    "rather deep": (b'{"tag":' + b"[" * 500 + b"]" * 500 + b"}", JSON),
    "Latin-1": ('{"tag": {"name": "Grün"}}'.encode("latin-1"), JSON),
    "UTF-16": ('{"tag": {"name": "x"}}'.encode("utf-16"), JSON),
    "said to be Latin-1": (b'{"tag": {"name": "x"}}', {"Content-Type": "application/json; charset=latin-1"}),
    "a NUL": (b'{"tag": {"name": "x\\u0000"}}', JSON),
    "a NUL in a name": (b'{"tag": {"na\\u0000me": "x"}}', JSON),
    "half a character": (b'{"tag": {"name": "\\ud800"}}', JSON),
    "a number without end": (b'{"tag": {"name": 1e999}}', JSON),
    "a huge number": (b'{"tag": {"name": ' + b"9" * 5000 + b"}}", JSON),
    "not a number": (b'{"tag": {"name": NaN}}', JSON),
    "a form": (b"tag=x", {"Content-Type": "application/x-www-form-urlencoded"}),
    "parts": (b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}),
    "XML": (b"<tag/>", {"Content-Type": "text/xml"}),
    "nothing": (b"", {}),
    "an empty object": (b"{}", JSON),
    "another type": (b'{"tag": "ada.byron@example.com"}', JSON),
    "an empty name": (b'{"tag": {"name": " "}}', JSON),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_can_not_be_used_is_refused(shared: Served, odd: str) -> None:
    content, headers = ODD[odd]
    for method in ("POST", "DELETE"):
        error = shared.error(method, PATH, 400, content=content, headers=headers)
        assert error["code"] == "PLATFORM.INPUT_INVALID"
        assert SECRET not in error["message"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "tag"),
        ({"tag": {}}, "tag.name"),
        ({"tag": {"name": 1}}, "tag.name"),
        ({"tag": {"name": "x"}, "remote_fields": 1}, "remote_fields"),
        ({"tag": {"name": "x"}, "remote_fields": {"lever": {"perform_as": SECRET}}}, "perform_as"),
    ],
)
def test_the_field_at_fault_is_named(shared: Served, given: dict[str, Any], field: str) -> None:
    error = shared.error("POST", PATH, 400, json=given)
    assert field in error["message"]
    assert SECRET not in error["message"]


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_that_can_not_be_one_is_refused(shared: Served, key: str) -> None:
    error = shared.error("POST", PATH, 400, json={"tag": {"name": "x"}}, headers={"Idempotency-Key": key})
    assert "Idempotency-Key" in error["message"]


@pytest.mark.parametrize("key", ["x" * 200, "auto:x", "auto:" + "x" * 195, "é"])
def test_any_other_is_one(shared: Served, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    error = shared.error("POST", PATH, 400, json={"tag": {"name": "x"}}, headers=headers)
    assert "candidate" in error["message"]  # it asks for nobody
    assert "key" not in error["message"].lower()


def test_a_body_that_is_too_large_is_refused(shared: Served) -> None:
    content = b'{"tag": {"name": "' + b"x" * bodies.LARGEST + b'"}}'
    assert shared.error("POST", PATH, 413, content=content, headers=JSON)["code"] == "PLATFORM.INPUT_INVALID"

    def pieces() -> Any:
        yield from [b"x" * 1_000_000] * 51

    assert shared.error("POST", PATH, 413, content=pieces(), headers=JSON)["code"]
    just = b'{"tag": {"name": "x"}, "novel": "' + b"x" * (bodies.LARGEST - 50) + b'"}'
    error = shared.error("POST", PATH, 400, content=just, headers=JSON)  # it is read, and asks for nobody
    assert "candidate" in error["message"]


def test_a_body_of_very_many_values_is_refused_soon(shared: Served) -> None:
    content = b'{"tag": [' + b"[]," * 5_000_000 + b"1]}"
    began = time.monotonic()
    error = shared.error("POST", PATH, 400, content=content, headers=JSON, timeout=60)
    assert "values" in error["message"]
    assert time.monotonic() - began < 25  # looked through, it takes longer on the quickest machine


def _connected(api: Served) -> socket.socket:
    parts = urlsplit(api.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def _head(api: Served, length: int) -> bytes:
    lines = (
        f"POST {PATH} HTTP/1.1",
        "Host: here",
        f"Authorization: Bearer {KEY}",
        f"X-Integration-Id: {api.integration}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def _answer(peer: socket.socket) -> tuple[int, Any]:
    answer = HTTPResponse(peer)
    answer.begin()
    return answer.status, json.loads(answer.read())


NO_REQUESTS = {
    "two lengths": b"POST /health HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "no host": b"GET /v1/ats/tags HTTP/1.1\r\n\r\n",
    "no protocol": b"hello\r\n\r\n",
}


@pytest.mark.parametrize("odd", NO_REQUESTS)
def test_what_is_no_request_is_told_in_the_same_shape(shared: Served, odd: str) -> None:
    with _connected(shared) as peer:
        peer.sendall(NO_REQUESTS[odd])
        status, told = _answer(peer)
        assert peer.recv(1) == b""
    assert status == 400
    assert told["error"]["code"] == "PLATFORM.INPUT_INVALID"
    assert set(told["error"]) == {"code", "title", "message", "log_url"}


def test_more_ids_than_a_request_can_hold_are_refused_in_the_same_shape(shared: Served) -> None:
    ids = ",".join(f"{number:024}" for number in range(10_000))
    with _connected(shared) as peer:  # httpx would not send it
        peer.sendall(f"GET /v1/ats/candidates?ids={ids} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        status, told = _answer(peer)
    assert status == 431
    assert told["error"]["code"] == "PLATFORM.INPUT_INVALID"
    assert "fewer ids" in told["error"]["message"]


def test_a_slow_client_is_answered_when_its_time_is_over(
    shared: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_SECONDS", 1.0)
    with _connected(shared) as peer:
        peer.sendall(_head(shared, 1000) + b'{"tag"')
        began = time.monotonic()
        told = peer.recv(10_000)
        while b"}}" not in told:
            told += peer.recv(10_000)
    assert b" 408 " in told.partition(b"\r\n")[0]
    assert b'"code":"PLATFORM.INPUT_INVALID"' in told
    assert time.monotonic() - began < 15


def test_who_hangs_up_in_the_middle_harms_nobody(shared: Served) -> None:
    for _ in range(20):
        with _connected(shared) as peer:
            peer.sendall(_head(shared, 1000) + b'{"tag"')
    assert shared.ask("GET", "/v1/check-api-key").status_code == 200


def test_many_who_say_nothing_hold_nobody_up(shared: Served) -> None:
    peers = []
    try:
        for number in range(200):
            peers.append(_connected(shared))
            peers[-1].sendall((b"", b"POST /v1/ats", _head(shared, 1000))[number % 3])
        began = time.monotonic()
        assert shared.ask("GET", "/v1/check-api-key").status_code == 200
        assert time.monotonic() - began < 10
    finally:
        for peer in peers:
            peer.close()


def test_the_description_has_the_bodies(shared: Served) -> None:
    told = shared.ask("GET", "/v1/openapi.json").json()
    schema = told["paths"]["/v1/ats/candidates"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    assert {"candidate", "application", "attachments"} <= set(schema["properties"])
    assert "first_name" in schema["properties"]["candidate"]["properties"]
    tag = told["paths"]["/v1/ats/candidates/{candidate_id}/tags"]["delete"]
    assert tag["operationId"] == "removeCandidateTag"
    assert set(tag["requestBody"]["content"]["application/json"]["schema"]["required"]) == {"tag"}
    assert "$ref" not in str(schema)
