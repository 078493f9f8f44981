"""Of Lever's words those about the API are quoted, and none that may name a person."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lever_assets.lever import LeverError, Outgoing, RequestRejectedError, faults
from lever_assets.lever.quoting import in_api_words, quoted, unquoted, without_people
from lever_assets.lever.resources import BY_NAME
from lever_assets.sync.fetch.refused import warnings
from lever_assets_tests.lever.scripted import answer, client, scripted_lever

ABOUT_THE_API = [
    "Unknown parameter: updated_at_start",
    '"updated_at_start" is not allowed',
    "Filtering by updated_at is not supported for requisitions",
    "Requisitions cannot be filtered by updated_at",
    "This API key lacks the permission confidential:access:admin",
    "confidentiality=all requires access to confidential data",
    "The field 'applications' can't be expanded with this key",
    "Parameter updatedAt_start isn't known; see the documentation",
    "Invalid offset token",
    "Something went wrong on our side",
    "Too many requests: the rate limit of this key is exceeded",
    "limit must be between 1 and 100",
    "A span of more than 30 days is refused: deleted_at_start, deleted_at_end",
    "BadRequestError: no opportunity 2f0b3a5e-1a2b-4c3d-9e8f-444455556666",
    "Resource was not found",
    "RATE_LIMIT reached",
]


@pytest.mark.parametrize("message", ABOUT_THE_API)
def test_what_is_about_the_api_is_quoted_as_it_is(message: str) -> None:
    assert without_people(message) == message


@pytest.mark.parametrize(
    ("message", "blotted"),
    [
        ("Contact Jane Doe already exists", "Contact *** already exists"),
        ("Jane Doe has applied to this posting", "*** has applied to this posting"),
        ("Doe, Jane is deactivated", "***, *** is deactivated"),
        ("Mohammed has applied", "*** has applied"),
        ("Opportunity of JANE DOE is archived", "Opportunity of *** is archived"),
        ("A candidate named Zoë Müller-Öz already exists.", "A candidate named *** already exists."),
        ("The user 山田太郎 is deactivated", "The user *** is deactivated"),
        ("jane.doe is not a user", "*** is not a user"),
        ("Interview with Jean-Luc O'Brien was canceled", "Interview with *** was canceled"),
        ("User 'jane' is unknown", "User '***' is unknown"),
        ('"jane doe" already exists', '"***" already exists'),
        ("No user jane@example.com", "No user ***"),
        ("Phone +49 (151) 234-56789 is invalid", "Phone *** is invalid"),
        ("File Jane_Doe_CV.pdf is too large", "File *** is too large"),
        ("See https://hire.lever.co/candidates/jane-doe", "See ***"),
        ("Contact\nJane\tDoe exists", "Contact *** exists"),
    ],
)
def test_what_may_name_a_person_is_blotted_out(message: str, blotted: str) -> None:
    assert without_people(message) == blotted


def test_what_the_refused_request_wrote_is_blotted_out_also_in_small_letters() -> None:
    written = ["jane doe", "lead-new", "Looks promising"]
    message = "contact jane doe: doe applied; note looks promising; stage lead-new"
    assert without_people(message, written) == "contact ***: *** applied; note ***; stage ***"


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=3))
def test_any_message_can_be_quoted(message: str, written: list[str]) -> None:
    told = without_people(message, written)
    assert len(told.splitlines()) <= 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500, 503])
@pytest.mark.parametrize("message", ["Contact Jane Doe (jane.doe@example.com) exists", "User Jane Doe"])
def test_no_error_carries_a_name(status: int, message: str) -> None:
    error = faults.of_status(status, {}, f'{{"message": "{message}"}}'.encode(), "GET", "/users")
    assert isinstance(error, LeverError)
    assert "***" in str(error)
    for part in ("Jane", "Doe", "jane", "@example"):
        assert part not in f"{error} {error!r} {error.said}"


async def test_a_refused_write_does_not_carry_what_it_wrote() -> None:
    refused = answer(400, {"code": "BadRequestError", "message": "ada lovelace (ada's note) is known"})
    request = Outgoing("POST", "/opportunities", json={"name": "ada lovelace", "emails": ["a@b.co"]})
    async with scripted_lever(refused) as lever, client(lever.url) as writer:
        with pytest.raises(RequestRejectedError, match=r"\*\*\* .* is known") as caught:
            await writer.send(request)
    assert "lovelace" not in str(caught.value)
    assert "ada" not in str(caught.value)


@pytest.mark.parametrize("message", ABOUT_THE_API)
def test_where_nobody_erases_words_of_the_api_stay(message: str) -> None:
    for told in (_refused(message), _warned(message)):
        assert message in told
        assert in_api_words(told) == told


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("the offer of jane doe can not be read", "the offer of *** can not be read"),
        ('the "offer" of jane_doe, "read"', 'the "offer" of ***, "read"'),
        ("user janeDoe, janedoe or jane-doe", "user *** or ***"),
        ("offer jane's", "offer ***"),
    ],
)
def test_where_nobody_erases_not_even_a_name_in_small_letters_stays(message: str, left: str) -> None:
    for told in (_refused(message), _warned(message)):
        assert in_api_words(told) == told.replace(message, left)
        assert "jane" not in unquoted(f"{told} {told}").lower()
        assert "jane" not in in_api_words(f"{told} {told}").lower()


@given(st.lists(st.text(max_size=60).map(without_people), max_size=3))
def test_what_is_not_lever_s_stays_whatever_lever_said(messages: list[str]) -> None:
    told = in_api_words(
        "\n".join(f"It was so{quoted(each)} (GET /x, status 400); do it." for each in messages)
    )
    assert told.count("It was so") == told.count("(GET /x, status 400); do it.") == len(messages)


def _refused(message: str) -> str:
    body = json.dumps({"message": message}).encode()
    return str(faults.of_status(400, {}, body, "GET", "/opportunities/1/offers"))


def _warned(message: str) -> str:
    (told,) = warnings(BY_NAME["opportunities"], {"expand": message})
    return told
