"""A notice says and is signed as clients of the unified API expect it."""

import base64
import re
import subprocess

import orjson

from lever_assets.notices.wording import Integration, body, model_name, signature
from lever_assets.settings import NoticeType
from lever_assets.unified.catalogue import MODELS


def test_the_signature_is_that_of_the_known_vector() -> None:
    body = b'{"id":"FhghqjnCi9WuAoLT8Z75CFcs","type":"data-changed","data":{}}'
    assert signature("test-secret", body) == "4bLh89v0wgrZOgp2YpQ-ilv6hMGescO-A4HQghtRans"


def test_the_signature_is_what_openssl_makes() -> None:
    body = '{"name": "Ünïcode"}'.encode()
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", "key", "-binary"], input=body, capture_output=True, check=True
    ).stdout
    assert base64.urlsafe_b64decode(signature("key", body) + "=") == made


def test_the_body_names_the_connection_and_the_models() -> None:
    changed = Integration("lever", "lever").data_changed(["jobs", "candidate_tags"])
    told = orjson.loads(body("an id", NoticeType.DATA_CHANGED, changed))
    integration = told["data"].pop("integration_id")
    assert re.fullmatch(r"lever:[1-9A-HJ-NP-Za-km-z]{24}", integration)
    assert told == {
        "id": "an id",
        "type": "data-changed",
        "data": {
            "integration_tool": "lever",
            "integration_category": "ATS",
            "changed_models": [{"name": "ats_jobs"}, {"name": "ats_join_candidates_tags"}],
        },
    }


def test_the_names_of_all_models_are_those_that_clients_know() -> None:
    assert {model_name(model.name) for model in MODELS} == {
        "ats_users",
        "ats_jobs",
        "ats_job_postings",
        "ats_candidates",
        "ats_application_stages",
        "ats_applications",
        "ats_screening_questions",
        "ats_tags",
        "ats_interviews",
        "ats_offers",
        "ats_rejection_reasons",
        "ats_roles",
        "ats_join_candidates_tags",
        "ats_join_jobs_application_stages",
        "ats_join_jobs_screening_questions",
        "ats_join_user_job_role_assignments",
        "ats_join_jobs_users",
        "ats_join_users_roles",
        "ats_join_interviews_users",
    }
