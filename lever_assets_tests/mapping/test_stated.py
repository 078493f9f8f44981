"""The table of sources is complete and true, and what goes from a payload follows from it."""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from lever_assets.lever import records
from lever_assets.lever.records import JsonObject
from lever_assets.lever.resources import BY_NAME
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import Around, AsWhole, ByRecord
from lever_assets.mapping.stated import COPIES, DERIVATIONS, LISTS, SOURCES, STRUCTURE, Column
from lever_assets.policy.exclusion import EXTRA, Exclusion, possible_names
from lever_assets.policy.stripping import Stripping, is_needed, stripping
from lever_assets.store.values import canonical
from lever_assets.unified.catalogue import ALL_MODELS
from lever_assets.unified.catalogue import BY_NAME as UNIFIED
from lever_assets.unified.models import UnifiedRow
from lever_assets_tests.lever import builders as build
from lever_assets_tests.mapping.test_any_record import mangled

AnyRecord = TypeVar("AnyRecord", bound=records.Record)
Account = dict[str, JsonObject]
"""One record of each resource; the applications inside their opportunity are records of their own here."""
Values = dict[Column, dict[str, bytes]]

FIELDS = {
    "jobs": "team allLocations country tags requisitionCodes requisitionCode headcountTotal headcountHired "
    "start",
    "candidates": "headline contact origin sources sourcedBy owner followers opportunityLocation "
    "snoozedUntil lastInteractionAt lastAdvancedAt isAnonymized dataProtection",
    "offers": "start_date bonus",
}
CUSTOM = {model: {key: key for key in keys.split()} for model, keys in FIELDS.items()}
CTX = Context("lever", custom_fields=CUSTOM)
CLOSED = build.UPDATED_AT + build.DAY
QUESTION = build.question(value="Because")
ACCOUNT: Account = {
    "users": build.user(accessRole="HR partner"),
    "stages": build.stage(),
    "archive_reasons": build.archive_reason(),
    "tags": build.tag(),
    "sources": build.source(),
    "requisition_fields": build.requisition_field(id="start", text="Start"),
    "postings": build.posting(
        salaryRange={"min": 1, "max": 2, "currency": "EUR", "interval": "per-year-salary"},
        salaryDescription="From 1 to 2 EUR",
        followers=[build.uuid("follower")],
        tags=["urgent"],
        distributionChannels=["internal"],
        reqCode="R",
        urls={"show": "https://jobs.lever.co/acme/1", "manage": "https://hire.lever.co/postings/1"},
    ),
    "posting_forms": build.posting_form(eeoQuestions={"gender": build.eeo_question()}),
    "requisitions": build.requisition(
        compensationBand={"min": 3, "max": 4, "currency": "USD", "interval": "per-hour-wage"},
        employmentStatus="Part-time",
        hiringManager=build.uuid("another"),
        customFields={"start": build.CREATED_AT},
        headcountHired=1,
        timeToFillStartAt=build.CREATED_AT + build.DAY,
        timeToFillEndAt=CLOSED,
        closedAt=CLOSED + build.DAY,
        location="London",
        team="Platform",
        department="Engineering",
        internalNotes="Ask Grace",
        offerIds=[build.uuid("offer")],
        approval={"status": "approved", "approvedAt": CLOSED, "steps": []},
    ),
    "opportunities": build.opportunity(
        headline="Engineer at Initech",
        tags=["On the opportunity only"],
        links=["https://github.com/ada"],
        location="London",
        followers=[build.uuid("follower")],
        sourcedBy=build.uuid("sourcer"),
        snoozedUntil=build.UPDATED_AT,
        dataProtection={"store": {"allowed": True}},
        archived={"reason": build.uuid("reason"), "archivedAt": build.UPDATED_AT},
        stageChanges=build.stage_changes("lead-new", "applicant-new"),
    ),
    "applications": build.application(
        company="Acme",
        phone={"type": "mobile", "value": "+44 20 7946 0000"},
        links=["https://github.com/ada"],
        customQuestions=[build.question_set(QUESTION)],
    ),
    "interviews": build.interview(
        location="Room 1", note="https://zoom.us/j/1", gcalEventUrl="https://meet.google.com/x"
    ),
    "offers": build.offer(
        fields=[
            {"text": "Start", "identifier": "start_date", "value": build.CREATED_AT},
            {"text": "Bonus", "identifier": "bonus", "value": 5},
        ],
        signatures=[{"role": "candidate", "name": "Ada Lovelace", "email": "ada@example.com"}],
    ),
    "notes": build.note(),
    "feedback": build.feedback(),
    "files": build.file(),
    "resumes": build.resume(),
}


PAY: JsonObject = {"currency": "USD", "interval": "per-hour-wage"}


def varied(**changes: JsonObject) -> Account:
    """Return the account with some keys of its records changed."""
    return {**ACCOUNT, **{name: {**ACCOUNT[name], **record} for name, record in changes.items()}}


def paying(posting: JsonValue, requisition: JsonValue) -> Account:
    """Return the account with other salaries."""
    return varied(postings={"salaryRange": posting}, requisitions={"compensationBand": requisition})


ACCOUNTS = (
    ACCOUNT,
    varied(
        users={"deactivatedAt": build.UPDATED_AT},
        postings={
            "state": "closed",
            "categories": build.categories(team="Platform"),
            "owner": None,
            "hiringManager": None,
        },
        requisitions={"requisitionCode": ""},
        opportunities={"confidentiality": "confidential"},
        applications={"company": None},
        interviews={"location": "https://zoom.us/j/2", "canceledAt": build.UPDATED_AT},
    ),
    varied(
        postings={"confidentiality": "confidential", "owner": None},
        interviews={"note": None},
    ),
    varied(postings={"state": "closed"}, requisitions={"closedAt": None, "headcountInfinite": True}),
    varied(
        requisitions={"confidentiality": "confidential", "headcountTotal": "unlimited"},
        applications={"type": "referral", "user": build.uuid("referrer")},
    ),
    paying({"max": 2, "currency": "EUR", "interval": "per-year-salary"}, {"min": 3}),
    paying({"min": 2, "currency": "EUR", "interval": "per-year-salary"}, {"max": 3}),
    paying(None, {"min": 3, **PAY}),
    paying(None, {"max": 4, **PAY}),
)
"""What stands in for a key that is missing, and what shows only when another key has a certain value."""


class Floor:
    """An account with one record of each resource, each linked to the others."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.ctx = CTX
        self.stages = [*self.all_parsed(records.Stage, "stages")]
        self.places = {each.id: place for place, each in enumerate(self.stages)}
        self.reasons = {each.id: each for each in self.all_parsed(records.ArchiveReason, "archive_reasons")}
        defined = self.all_parsed(records.RequisitionField, "requisition_fields")
        self.requisition_fields = {each.id: each for each in defined}
        self.applications = [*self.all_parsed(records.Application, "applications")]
        self.files = [*self.all_parsed(records.File, "files")]
        self.resumes = [*self.all_parsed(records.Resume, "resumes")]
        (self.opportunity,) = self.all_parsed(records.Opportunity, "opportunities")

    def all_parsed(self, kind: type[AnyRecord], resource: str) -> Iterator[AnyRecord]:
        yield kind.parse(self.account[resource])

    def requisitions_of(self, posting: str, codes: Iterable[str]) -> Sequence[records.Requisition]:
        return [*self.all_parsed(records.Requisition, "requisitions")]

    def users(self) -> Iterator[records.User]:
        return self.all_parsed(records.User, "users")

    def forms_newest_first(self) -> Iterator[records.PostingForm]:
        return self.all_parsed(records.PostingForm, "posting_forms")

    def texts_on_opportunities(self) -> set[str]:
        (opportunity,) = self.all_parsed(records.Opportunity, "opportunities")
        return set(opportunity.tags)


def models_of(account: Account) -> Iterator[tuple[str, Sequence[UnifiedRow]]]:
    """Yield the rows of every model, as the sync would map them."""
    floor = Floor(account)
    for model, derivation in DERIVATIONS.items():
        match derivation:
            case ByRecord():
                (record,) = floor.all_parsed(derivation.record, derivation.driver)
                around = Around(
                    floor,
                    floor.applications,
                    parent=floor.opportunity.id,
                    files=floor.files,
                    resumes=floor.resumes,
                )
                yield model, [*derivation.rows(record, around)]
            case AsWhole():
                yield model, [*derivation.rows(floor)]


def values_of(account: Account) -> Values:
    """Return the value of every column by row id; the rows themselves are the column `id`."""
    return {
        (model, column): {row.id: canonical(getattr(row, column)) for row in rows}
        for model, rows in models_of(account)
        for column in ("id", *SOURCES[model])
    }


def changed(before: Values, after: Values) -> set[Column]:
    """Return the columns that differ in rows of both, and `id` of the models that have other rows."""
    differing = {
        column
        for column, values in before.items()
        if any(after[column].get(row, value) != value for row, value in values.items())
    }
    return differing | {
        (model, "id") for model in SOURCES if before[model, "id"].keys() != after[model, "id"].keys()
    }


def resource_of(path: str) -> str:
    return path.partition(".")[0]


def key_of(path: str) -> str:
    return path.partition(".")[2]


def is_structure(path: str) -> bool:
    return key_of(path) in STRUCTURE[resource_of(path)]


def identity(model: str) -> set[Column]:
    """Return the columns that are kept with the model: without them there is no row."""
    references = {column for column, _ in UNIFIED[model].references()}
    return {(model, column) for column in references | {"id", "remote_id"}}


def listers(path: str) -> set[Column]:
    """Return the columns that a path, what lies in it or what it lies in is said to feed; and remote data."""
    named = named_by(path)
    return named | {(model, "id") for model in SOURCES if named & identity(model)}


def named_by(path: str) -> set[Column]:
    return {
        (model, column)
        for model, columns in SOURCES.items()
        for column, paths in columns.items()
        if column == "remote_data"
        or any(f"{path}.".startswith(f"{each}.") or f"{each}.".startswith(f"{path}.") for each in paths)
    }


MAPPED = sorted(
    {
        path
        for columns in SOURCES.values()
        for paths in columns.values()
        for path in paths
        if key_of(path) != "*" and not is_structure(path)
    }
)
COPIED = sorted({path for columns in COPIES.values() for paths in columns.values() for path in paths})


def without(account: Account, *paths: str) -> Account:
    """Return the account without what lies at these paths."""
    left = dict(account)
    for path in paths:
        resource = resource_of(path)
        left[resource] = Stripping(frozenset({key_of(path)})).of(left[resource])
    return left


def test_every_column_of_every_model_has_its_entry() -> None:
    assert list(SOURCES) == [model.name for model in ALL_MODELS]
    for model in ALL_MODELS:
        assert list(SOURCES[model.name]) == [
            name for name in model.row.model_fields if name not in {"id", "connection"}
        ]


def test_a_model_is_mapped_from_what_it_reads() -> None:
    for model, columns in SOURCES.items():
        named = {resource_of(path) for paths in columns.values() for path in paths}
        read = set(DERIVATIONS[model].reads)
        assert named | ({"opportunities"} if model in {"interviews", "offers"} else set()) >= read, model
        assert named <= read | {"postings", "opportunities", "archive_reasons"}, model


def test_only_resources_and_columns_that_exist_are_named() -> None:
    assert set(STRUCTURE) == set(BY_NAME)
    assert {resource_of(path) for path in [*MAPPED, *COPIED, *LISTS.values()]} <= set(BY_NAME)
    for model, columns in COPIES.items():
        assert columns.keys() <= SOURCES[model].keys()


@cache
def changes() -> dict[str, set[Column]]:
    """Return what changes in any of the accounts when what lies at a path is gone, by path."""
    found: dict[str, set[Column]] = {path: set() for path in [*MAPPED, *COPIED]}
    for account in ACCOUNTS:
        before = values_of(account)
        for path in found:
            found[path] |= changed(before, values_of(without(account, path)))
    return found


@pytest.mark.parametrize("path", [*MAPPED, *COPIED])
def test_a_key_that_goes_changes_only_the_columns_that_name_it(path: str) -> None:
    assert changes()[path] <= listers(path)


@pytest.mark.parametrize("path", MAPPED)
def test_a_key_feeds_every_column_that_names_it(path: str) -> None:
    found = changes()[path]
    for model, columns in SOURCES.items():
        for column, paths in columns.items():
            if path in paths and column != "remote_data":
                assert found & {(model, column), (model, "id")}, f"{path} is named by {model}.{column}"


@given(data=st.data())
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_of_any_record_a_key_changes_only_the_columns_that_name_it(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([*MAPPED, *COPIED]))
    resource = resource_of(path)
    record = data.draw(mangled(ACCOUNT[resource]).filter(lambda raw: isinstance(raw, dict)))
    assert isinstance(record, dict)
    kept = {key: ACCOUNT[resource][key] for key in STRUCTURE[resource] if key in ACCOUNT[resource]}
    account = {**ACCOUNT, resource: {**record, **kept}}
    try:
        before = values_of(account)
    except ValidationError:
        return
    assert changed(before, values_of(without(account, path))) <= listers(path)


def columns(*names: str) -> set[Column]:
    """Return columns by their names, with those that go with them; of a model alone all of them."""
    return set(exclusion(*names).columns)


def exclusion(*names: str) -> Exclusion:
    return Exclusion(names, tuple(name for name in EXTRA if name not in names))


@pytest.mark.parametrize(
    ("left_out", "resource", "gone", "stays"),
    [
        (
            columns("candidates.phone_numbers"),
            "opportunities",
            {"phones"},
            {"emails", "name", "stageChanges"},
        ),
        (columns("candidates.phone_numbers"), "applications", {"phone"}, {"email", "name"}),
        (columns("candidates.first_name"), "opportunities", set(), {"name"}),
        (
            columns("candidates.first_name", "candidates.last_name"),
            "opportunities",
            {"name"},
            {"emails"},
        ),
        (columns("candidates.company"), "opportunities", set(), {"headline"}),
        (columns("candidates.company"), "applications", {"company"}, {"name"}),
        (
            columns("candidates"),
            "opportunities",
            {"name", "phones", "emails", "headline", "stageChanges", "dataProtection"},
            {"id", "stage", "archived", "tags", "urls", "createdAt", "applications"},
        ),
        (columns("interviewing_team_members"), "interviews", {"interviewers"}, {"subject", "date"}),
        (columns("interviews.video_conferencing_url"), "interviews", {"note", "gcalEventUrl"}, {"location"}),
        (columns("applications.outcome", "applications.rejected_at"), "applications", set(), {"archived"}),
    ],
)
def test_a_key_goes_when_nothing_else_needs_it(
    left_out: set[Column], resource: str, gone: set[str], stays: set[str]
) -> None:
    record = ACCOUNT[resource]
    kept = stripping(resource, left_out).of(record)
    assert gone <= record.keys()
    assert not gone & kept.keys()
    assert stays <= kept.keys()
    assert all(kept[key] == record[key] for key in kept)


def test_inside_objects_and_lists_only_the_key_goes() -> None:
    kept = stripping("postings", columns("jobs.experience_level")).of(ACCOUNT["postings"])
    assert kept["categories"] == {
        key: value for key, value in as_object(ACCOUNT["postings"]["categories"]).items() if key != "level"
    }
    kept = stripping("interviews", columns("users.email")).of(ACCOUNT["interviews"])
    assert kept["interviewers"] == [{"id": build.uuid("interviewer"), "name": "Grace"}]


def as_object(value: JsonValue) -> JsonObject:
    assert isinstance(value, dict)
    return value


def test_a_record_is_not_changed_and_stripping_twice_is_stripping_once() -> None:
    for resource, record in ACCOUNT.items():
        before = deepcopy(record)
        taken = stripping(resource, columns("candidates", "jobs", "users", "interviews", "offers"))
        once = taken.of(record)
        assert record == before
        assert taken.of(once) == once


def test_applications_are_stripped_inside_their_opportunity() -> None:
    inside = stripping("applications", columns("candidates.phone_numbers"))
    whole = Stripping(inside={"applications": inside})
    expanded: JsonObject = {**ACCOUNT["opportunities"], "applications": [ACCOUNT["applications"], "an id"]}
    kept = whole.of(expanded)["applications"]
    assert kept == [inside.of(ACCOUNT["applications"]), "an id"]
    assert whole
    assert not Stripping(inside={"applications": Stripping()})


@given(names=st.sets(st.sampled_from(sorted(possible_names()))), account=st.sampled_from(ACCOUNTS))
@settings(max_examples=40, deadline=None)
def test_whatever_is_left_out_the_other_columns_stay_as_they_are(names: set[str], account: Account) -> None:
    left_out = columns(*names)
    less = {resource: stripping(resource, left_out).of(record) for resource, record in account.items()}
    differing = changed(values_of(account), values_of(less))
    gone = {(model, "id") for model in exclusion(*names).models}
    assert {column for column in differing - left_out - gone if column[1] != "remote_data"} == set()


@pytest.mark.parametrize(
    ("left_out", "not_needed"),
    [
        (columns("offers"), {"offers"}),
        (columns("candidates.source"), set()),
        (
            columns(
                "candidates.source",
                "candidates.integration_fields",
                "candidates.custom_fields",
                "application_origins.sources",
            ),
            {"sources"},
        ),
        (columns("interviews"), set()),
        (columns("interviews", "interviewing_team_members"), {"interviews"}),
        (columns("screening_questions", "job_screening_questions"), {"posting_forms"}),
        (columns("jobs.integration_fields", "jobs.custom_fields"), {"requisition_fields"}),
        (
            columns("jobs", "job_hiring_team_members", "job_user_role_assignments"),
            {"requisitions", "requisition_fields"},
        ),
        (columns("tags"), {"tags"}),
        (columns("users", "roles", "user_roles"), {"users"}),
    ],
)
def test_a_resource_is_needed_while_any_column_is_mapped_from_it(
    left_out: set[Column], not_needed: set[str]
) -> None:
    assert {resource for resource in STRUCTURE if not is_needed(resource, left_out)} == not_needed
