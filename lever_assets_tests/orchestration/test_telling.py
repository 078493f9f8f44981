"""What Dagster's events keep of an action's sentences."""

import time
from base64 import b64encode
from random import Random

import pytest

from lever_assets.lever import JsonObject
from lever_assets.lever.faults import of_status
from lever_assets.orchestration.failures import blotted

GIVEN: JsonObject = {
    "candidate_id": "1" * 24,
    "candidate": {
        "first_name": "Jo",
        "last_name": "de la Cruz",
        "email_address": "jo@x.org",
        "company": None,
    },
    "attachments": [{"name": "C:\\papers\\jo's cv.pdf", "type": "CV", "content_type": "application/pdf"}],
}


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("The file jo's cv.pdf can't be used: it is empty.", "The file *** can't be used: it is empty."),
        ("Nobody is called JO DE LA CRUZ, see jo@x.org.", "Nobody is called *** ***, see ***."),
        (f"There is no candidate {'1' * 24}: it is gone.", f"There is no candidate {'1' * 24}: it is gone."),
        ("The CV was added as a file, jovially.", "The CV was added as a file, jovially."),
    ],
)
def test_what_was_typed_in_is_blotted_out_and_nothing_else(sentence: str, told: str) -> None:
    assert blotted(sentence, GIVEN) == told


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_lever_s_words_are_left_out_whatever_they_are(status: int) -> None:
    words = 'it says "jane \\" doe" (of acme) and "more"'.replace('\\"', "''")
    body = b'{"message": "%s"}' % words.replace('"', '\\"').encode()
    error = of_status(status, {"retry-after": "7"}, body, "POST", "/opportunities/1/addTags")
    assert "jane" in error.said or "says" in error.said
    told = blotted(f"The tag was not added: {error}")
    assert not [each for each in ("says", "jane", "doe", "acme", 'more"') if each in told]
    assert f"(POST /opportunities/1/addTags, status {status})" in told
    assert error.remedy in told


def test_the_names_that_lever_gave_are_blotted_out_too() -> None:
    data: JsonObject = {"results": [{"id": "2" * 24, "file_name": "ada-byron.pdf", "type": "OTHER"}]}
    assert (
        blotted("The file ada-byron.pdf was not downloaded.", {}, data) == "The file *** was not downloaded."
    )


def test_what_a_file_holds_is_not_looked_for() -> None:
    content = b64encode(Random(1).randbytes(5_000_000)).decode()
    given: JsonObject = {"attachment": {"name": "ada.pdf", "data": content}, "note": "a/b " * 1_000_000}
    began = time.process_time()
    assert blotted("The file ada.pdf was not sent.", given, {"results": ["x y"] * 100_000}) == (
        "The file *** was not sent."
    )
    assert time.process_time() - began < 2


@pytest.mark.parametrize(("typed", "told"), [("İLKER", "ilker"), ("straße", "STRAßE"), ("Ada", "ADA")])
def test_a_text_is_blotted_out_in_whatever_case_it_is_told(typed: str, told: str) -> None:
    assert blotted(f"Nobody is called {told} there.", {"name": typed}) == "Nobody is called *** there."
