"""Each key of each record, nested ones too, is given any JSON type: the row is there, the rest as before."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import cycle, islice
from typing import Any

import pytest
from pydantic import JsonValue

from lever_assets.lever import records
from lever_assets.lever.records import JsonObject, Record
from lever_assets.mapping.stated import SOURCES
from lever_assets.unified.catalogue import BY_NAME
from lever_assets_tests.lever import builders as build
from lever_assets_tests.mapping.test_any_record import (
    APPLICATION,
    CASES,
    FEEDBACK,
    FORM,
    INTERVIEW,
    OFFER,
    OPPORTUNITY,
    POSTING,
    REQUISITION,
    Mapper,
    of_feedback,
    of_form,
    of_interview,
    of_note,
    of_offer,
    of_opportunity,
    of_papers,
    of_posting,
    of_small,
    of_user,
)

Place = tuple[str | int, ...]


def deep(levels: int) -> JsonValue:
    value: JsonValue = "x"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


SECRET = "Ada Lovelace"
ODD: list[JsonValue] = [
    None,
    True,
    -1,
    10**30,
    1e308,
    SECRET,
    "",
    "NaN",
    "1e400",
    [],
    [1, SECRET, None],
    [{}],
    {},
    {"id": 5},
    {"id": {SECRET: 1}},
    {"text": True, "value": [], "fields": SECRET},
    deep(230),
]
MODELS = {model.row: model for model in BY_NAME.values()}
RESOURCES: dict[Mapper, tuple[str, str]] = {
    of_opportunity: ("opportunities", "applications"),
    of_posting: ("postings", "requisitions"),
    of_form: ("posting_forms", "posting_forms"),
    of_interview: ("interviews", "applications"),
    of_offer: ("offers", "applications"),
    of_note: ("notes", "applications"),
    of_feedback: ("feedback", "applications"),
    of_papers: ("files", "resumes"),
    of_user: ("users", "users"),
    of_small: ("stages", "archive_reasons"),
}


def places(value: JsonValue) -> Iterator[Place]:
    items: Iterator[tuple[str | int, JsonValue]] = iter(())
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for key, inner in items:
        yield (key,)
        yield from ((key, *rest) for rest in places(inner))


def replaced(value: Any, place: Place, by: JsonValue) -> Any:
    first, *rest = place
    copy = value.copy()
    copy[first] = replaced(copy[first], tuple(rest), by) if rest else by
    return copy


def cells(mapper: Mapper, pair: Sequence[JsonObject]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rows by model and id; Lever's own object is as it came and not compared."""
    return {
        (MODELS[type(row)].name, row.id): {**row.__dict__, "remote_data": None}
        for rows in mapper(*pair)
        for row in rows
    }


def fed_by(model: str, resource: str, key: str) -> set[str]:
    """Return the columns that are mapped from a key of a resource."""
    return {
        column
        for column, paths in SOURCES[model].items()
        if any(fnmatchcase(f"{resource}.{key}", ".".join(path.split(".")[:2])) for path in paths)
    }


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(("mapper", "raw", "more"), CASES, ids=[case[0].__name__ for case in CASES])
def test_an_odd_value_costs_its_own_field_and_no_more(
    mapper: Mapper, raw: JsonObject, more: JsonObject, which: int
) -> None:
    before = cells(mapper, (raw, more))
    resource = RESOURCES[mapper][which]
    turn = cycle(ODD)
    for place in places((raw, more)[which]):
        key = str(place[0])
        if place == ("id",):
            continue
        # All of them for each key at the top, and each in turn for what is inside.
        for odd in ODD if len(place) == 1 else islice(turn, 2):
            given = [raw, more]
            given[which] = replaced(given[which], place, odd)
            after = cells(mapper, given)
            for (model, row_id), row in before.items():
                fed = fed_by(model, resource, key)
                if (model, row_id) not in after:
                    assert fed & _IDENTITY[model], (model, place, odd)
                    continue
                changed = {name for name in row if after[model, row_id][name] != row[name]}
                assert changed <= fed, (model, place, odd)


_IDENTITY = {
    name: {"remote_id", *(column for column, _ in model.references())} for name, model in BY_NAME.items()
}
"""The columns that a row's id follows from: without them there is no such row."""


@pytest.mark.parametrize("blank", ["", " ", "\n"])
@pytest.mark.parametrize(("mapper", "raw", "more"), CASES, ids=[case[0].__name__ for case in CASES])
def test_empty_texts_are_null_in_every_row(
    mapper: Mapper, raw: JsonObject, more: JsonObject, blank: str
) -> None:
    def emptied(value: JsonValue, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: emptied(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [emptied(inner, key) for inner in value]
        return blank if isinstance(value, str) and key not in {"id", "type"} else value

    for (model, _), row in cells(mapper, [emptied(raw), emptied(more)]).items():
        assert not list(blanks(row)), model


def blanks(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield where there are empty texts; a question's title in an answer may not be null."""
    if isinstance(value, str) and not value.strip() and place[-2:] != ("question", "title"):
        yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if key not in {"remote_id", "raw_question"}:
            yield from blanks(inner, (*place, key))


KINDS: list[tuple[type[Record], JsonObject]] = [
    (records.Opportunity, OPPORTUNITY),
    (records.Application, APPLICATION),
    (records.Posting, POSTING),
    (records.Requisition, REQUISITION),
    (records.PostingForm, FORM),
    (records.Interview, INTERVIEW),
    (records.Offer, OFFER),
    (records.Note, build.note()),
    (records.Feedback, FEEDBACK),
    (records.File, build.file()),
    (records.Resume, build.resume()),
    (records.User, build.user()),
    (records.Stage, build.stage()),
    (records.ArchiveReason, build.archive_reason()),
    (records.RequisitionField, build.requisition_field()),
    (records.Tag, build.tag()),
    (records.Source, build.source()),
]


@pytest.mark.parametrize(("kind", "raw"), KINDS, ids=[kind.__name__ for kind, _ in KINDS])
def test_what_is_lost_is_told_by_its_key_and_without_the_data(kind: type[Record], raw: JsonObject) -> None:
    assert kind.parse(raw).lost == ()
    for place in places(raw):
        for odd in ODD if place not in {("id",), ("text",)} else ():
            for fault in kind.parse(replaced(raw, place, odd)).lost:
                assert fault.field == place[0]
                assert SECRET not in str(fault)
                assert "1e400" not in str(fault)


@pytest.mark.parametrize(
    ("kind", "raw", "told"),
    [
        (records.Opportunity, build.opportunity(contact=["c1"]), "contact"),
        (records.Opportunity, build.opportunity(contact={}), "contact"),
        (records.Opportunity, build.opportunity(createdAt="soon"), "createdAt"),
        (records.Opportunity, build.opportunity(updatedAt=10**18), "updatedAt"),
        (records.Opportunity, build.opportunity(name={"first": "Ada"}), "name"),
        (records.Opportunity, build.opportunity(emails="ada@example.com"), "emails"),
        (records.Opportunity, build.opportunity(emails=[None, "a@b.co", {"no": "text"}]), "emails.2"),
        (records.Opportunity, build.opportunity(phones=[None, 5]), "phones.1"),
        (records.Opportunity, build.opportunity(phones=[{"value": []}]), "phones.0.value"),
        (records.Opportunity, build.opportunity(archived=True), "archived"),
        (records.Opportunity, build.opportunity(archived={"archivedAt": "x"}), "archived.archivedAt"),
        (records.Opportunity, build.opportunity(urls="https://hire.lever.co"), "urls"),
        (records.Opportunity, build.opportunity(urls={"show": {}}), "urls.show"),
        (records.Opportunity, build.opportunity(followers=[{"name": "Ada"}]), "followers.0"),
        (records.Opportunity, build.opportunity(isAnonymized="perhaps"), "isAnonymized"),
        (
            records.Application,
            build.application(customQuestions=[{"fields": "x"}]),
            "customQuestions.0.fields",
        ),
        (records.Posting, build.posting(categories=[]), "categories"),
        (records.Posting, build.posting(urls=["https://jobs.lever.co"]), "urls"),
        (records.Posting, build.posting(salaryRange={"min": "lots"}), "salaryRange.min"),
        (records.Posting, build.posting(salaryRange={"min": "1e400"}), "salaryRange.min"),
        (records.Posting, build.posting(distributionChannels=[5]), "distributionChannels"),
        (records.Requisition, build.requisition(customFields=[]), "customFields"),
        (records.Requisition, build.requisition(customFields={"Ada": deep(230)}), "customFields.*"),
        (records.Requisition, build.requisition(headcountTotal=[1]), "headcountTotal"),
        (records.PostingForm, build.posting_form(eeoQuestions={"gender": 5}), "eeoQuestions.*"),
        (records.PostingForm, build.posting_form(eeoQuestions=[]), "eeoQuestions"),
        (records.Interview, build.interview(duration="soon"), "duration"),
        (records.Interview, build.interview(interviewers=[{"id": {}}]), "interviewers.0.id"),
        (records.Offer, build.offer(fields={"text": "Salary"}), "fields"),
        (records.User, build.user(deactivatedAt={}), "deactivatedAt"),
    ],
)
def test_a_part_of_an_odd_kind_is_null_and_told(kind: type[Record], raw: JsonObject, told: str) -> None:
    record = kind.parse(raw)

    assert [fault.place for fault in record.lost] == [told]
    assert record.raw is raw


def test_the_other_items_of_a_list_stay() -> None:
    record = records.Opportunity.parse(
        build.opportunity(emails=["a@b.co", {"no": "text"}, None, "c@d.co"], phones=[[], {"value": "1"}])
    )

    assert record.emails == ["a@b.co", "c@d.co"]
    assert [phone.value for phone in record.phones] == ["1"]


def test_a_list_full_of_odd_items_is_odd_itself() -> None:
    assert records.Opportunity.parse(build.opportunity(emails=[{}] * 10_000 + ["a@b.co"])).emails == []
