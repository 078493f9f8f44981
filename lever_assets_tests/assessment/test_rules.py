"""What a tag names, and who arrived: rules without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lever_assets.assessment.arrivals import arrivals, closes_at, wanted
from lever_assets.assessment.tags import Tags, named
from lever_assets.store.assessments import Package

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
MS = int(NOON.timestamp() * 1000)
CODING = Package("p1", "SKILLS_TEST", "Coding", "")
TALK = Package("coding", "VIDEO_INTERVIEW", "Talk", "")


@pytest.mark.parametrize("prefix", ["Acme:", "Acme: ", " Acme:  "])
def test_one_blank_stands_behind_a_prefix_however_it_is_written(prefix: str) -> None:
    tags = Tags(prefix)
    assert (tags.sent, tags.of("Coding")) == ("Acme: sent", "Acme: Coding")
    some = [
        "ACME:coding",
        "Acme:  Talk ",
        "Acme: sent",
        "acme: COMPLETED",
        "Acme",
        "acme:",
        "Other: x",
        5,
        None,
    ]
    assert tags.names(some) == ["coding", "talk"]


def test_an_id_counts_more_than_a_name() -> None:
    assert named([CODING, TALK], " CODING ") is TALK
    assert named([CODING], "coding") is CODING
    assert named([], "coding") is None


@pytest.mark.parametrize(
    ("lists", "default", "ordered"),
    [
        ([["A: Coding"], ["A: Talk"]], None, ["p1"]),
        ([["Senior"], ["A: Talk"]], "p1", ["p2"]),
        ([["A: Coding", "A: p1", "A: talk"], None], None, ["p1", "p2"]),
        ([None, "A: Talk"], "coding", ["p1"]),
        ([["A: gone"], ["A: Talk"]], "p1", []),
        ([[], []], None, []),
        ([[], []], "gone", []),
    ],
)
def test_tags_of_the_opportunity_count_then_of_the_posting_then_the_default(
    lists: list[Any], default: str | None, ordered: list[str]
) -> None:
    found = wanted(lists, [CODING, replace(TALK, id="p2")], Tags("A:"), default)
    assert [each.id for each in found.packages] == ordered
    assert bool(found.why_none) is not bool(ordered)


def test_who_came_into_a_stage_and_when_stage_changes_tell_however_odd_they_are() -> None:
    changes: list[Any] = [
        {"toStageId": "here", "updatedAt": MS - 1},
        {"toStageId": "here", "updatedAt": MS + 5},
        {"toStageId": "there", "updatedAt": MS + 6},
        {"toStageId": "here", "updatedAt": MS},
        {"toStageId": "here", "updatedAt": MS},
        {"toStageId": "here", "updatedAt": "lately"},
        {"toStageId": ["here"], "updatedAt": MS},
        "here",
        None,
    ]
    found = arrivals({"stageChanges": changes}, frozenset({"here"}), NOON)
    assert found == [NOON, NOON + timedelta(milliseconds=5)]
    assert arrivals({"stageChanges": None}, frozenset({"here"}), NOON) == []


@pytest.mark.parametrize("archived", [None, [], {"archivedAt": None}, {"reason": "x"}])
def test_who_is_not_archived_is_waited_for(archived: Any) -> None:
    assert closes_at({"archived": archived}) is None


def test_who_is_archived_is_waited_for_two_weeks() -> None:
    assert closes_at({"archived": {"archivedAt": MS, "reason": "x"}}) == NOON + timedelta(days=14)
