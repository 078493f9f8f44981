import pickle

import pytest

from lever_assets.lever import (
    AuthenticationError,
    InterceptedError,
    LeverError,
    NotFoundError,
    PermissionMissingError,
    RateLimitedError,
    UnavailableError,
    faults,
    paths,
)
from lever_assets_tests.lever.builders import uuid

ID = uuid("any")
BLOCKED = b"<html><body><h1>Access denied</h1>Your request was blocked. Ray ID: 8f1</body></html>"


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", f"/opportunities/{ID}/offers", "offers:read:admin"),
        ("GET", f"/opportunities/{ID}/interviews/{ID}", "interviews:read:admin"),
        ("GET", f"/opportunities/{ID}/resumes/{ID}/download", "resumes:read:admin"),
        ("GET", "/opportunities/deleted", "opportunities:read:admin"),
        ("GET", f"/postings/{ID}/apply", "postings:read:admin"),
        ("GET", "/stages/lead-new", "stages:read:admin"),
        ("GET", f"/contacts/{ID}", "contact:read:admin"),
        ("GET", "/eeo/responses", "eeo_responses:read:admin"),
        ("GET", "/eeo/responses/pii", "eeo_responses_pii:read:admin"),
        ("GET", "/something_new", "something_new:read:admin"),
        ("PUT", f"/opportunities/{ID}/stage", "opportunities:write:admin"),
        ("POST", f"/opportunities/{ID}/notes", "notes:write:admin"),
    ],
)
def test_the_missing_permission_is_named(method: str, path: str, scope: str) -> None:
    error = faults.of_status(403, {}, b'{"code": "Forbidden"}', method, path)
    assert isinstance(error, PermissionMissingError)
    assert error.scope == scope
    assert scope in str(error)
    assert "Settings > Integrations and API > API credentials" in error.remedy


@pytest.mark.parametrize(
    ("path", "template"),
    [
        (f"/opportunities/{ID}/files/{ID}/download", "/opportunities/:id/files/:id/download"),
        ("/stages", "/stages"),
        ("/stages/applicant-new", "/stages/:id"),
        ("/eeo/responses/pii", "/eeo/responses/pii"),
        ("/archive_reasons", "/archive_reasons"),
        ("/users/u1", "/users/:id"),
        (paths.path_to("opportunities", "été", "offers"), "/opportunities/:id/offers"),
    ],
)
def test_ids_are_left_out_of_templates(path: str, template: str) -> None:
    assert paths.template(path) == template


@pytest.mark.parametrize(
    ("remote_id", "segment"),
    [
        (ID, ID),
        ("a/b", "a%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("50%", "50%25"),
        ("a\r\nb c", "a%0D%0Ab%20c"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("ü…", "%C3%BC%E2%80%A6"),
        ("half \ud83d", "half%20%3F"),
    ],
)
def test_an_id_is_one_segment_of_a_path_whatever_it_is_made_of(remote_id: str, segment: str) -> None:
    assert paths.path_to("opportunities", remote_id, "offers") == f"/opportunities/{segment}/offers"


def test_an_error_is_one_sentence_with_the_remedy() -> None:
    error = faults.of_status(401, {}, b"", "GET", "/users")
    assert isinstance(error, AuthenticationError)
    assert str(error) == (
        "Lever does not accept the API key (GET /users, status 401); check the key: it may be mistyped or "
        "revoked; keys are made in Lever under Settings > Integrations and API > API credentials."
    )


def test_lever_s_own_reason_is_quoted_on_one_line() -> None:
    body = b'{"code": "BadRequestError", "message": "limit must be\\n at most 100"}'
    error = faults.of_status(400, {}, body, "GET", "/users")
    assert 'refuses the request: "limit must be at most 100" (GET /users, status 400)' in str(error)


@pytest.mark.parametrize("body", [BLOCKED, b"", b"Forbidden", b'["no"]', b'"no"', b'{"code": "Forb'])
@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_that_is_not_in_levers_json_says_nothing_about_keys_and_records(
    status: int, body: bytes
) -> None:
    error = faults.of_status(status, {}, body, "GET", f"/opportunities/{ID}/interviews")
    assert isinstance(error, InterceptedError)
    assert "Something other than Lever answered: its refusal is not Lever's JSON (GET /opp" in str(error)
    assert "no proxy or firewall stands between" in error.remedy


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, PermissionMissingError), (404, NotFoundError), (500, UnavailableError), (503, UnavailableError)],
)
def test_what_lever_says_itself_is_kept_and_quoted(status: int, kind: type[LeverError]) -> None:
    body = b'{"code": "SomeError", "message": "not for\\nyou, s3cret"}'
    error = faults.of_status(status, {}, body, "GET", "/offers", secrets=["s3cret"])
    assert type(error) is kind
    assert error.said == "not for you, ***"
    assert '"not for you, ***"' in str(error)
    assert faults.of_status(status, {}, b"{}", "GET", "/offers").said == ""


@pytest.mark.parametrize(
    "error",
    [
        InterceptedError("a", "b"),
        LeverError("a", "b"),
        PermissionMissingError("a", "b", "offers:read:admin"),
        RateLimitedError("a", "b", 3.0),
        UnavailableError("a", "b"),
    ],
)
def test_errors_survive_the_way_between_processes(error: LeverError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))
