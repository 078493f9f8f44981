"""What tests of writes begin with."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from lever_assets.sandbox import Sandbox

Json = dict[str, Any]


def user_of(sandbox: Sandbox) -> str:
    """Someone who works here."""
    return next(i for i in sandbox.ids("users") if not (sandbox.get("users", i) or {})["deactivatedAt"])


def postings(sandbox: Sandbox, state: str = "published") -> list[Json]:
    """The open postings of a state."""
    found = [sandbox.get("postings", ident) or {} for ident in sandbox.ids("postings")]
    return [each for each in found if each["state"] == state and each["confidentiality"] != "confidential"]


def make(client: httpx.Client, sandbox: Sandbox, **body: Any) -> Json:
    """A new opportunity."""
    answer = client.post("/opportunities", params={"perform_as": user_of(sandbox)}, json=body)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()["data"]
    return made


def read(client: httpx.Client, path: str) -> Any:
    """The data at a path."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def assert_refused(answer: httpx.Response, status: int, *said: str) -> None:
    """The answer is an error that names what is wrong."""
    assert answer.status_code == status, answer.text
    for text in said:
        assert text in answer.json()["message"]


def must_break(client: httpx.Client, *args: Any, **kwargs: Any) -> None:
    """The request gets no answer."""
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, httpx.ReadTimeout)):
        client.request(*args, **kwargs)
