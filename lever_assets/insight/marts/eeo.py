"""How applicants answered the EEO questions, in groups of at least five; nothing that tells of one of them.

Made of Lever's list of anonymous answers, which is read to its end by each full sync and each reconcile,
counted in memory and never kept. `year` is that of the application. An answer is a row where at least five
gave it in that year; the smaller ones are one row together, whose `answer` is empty. Where these would be
fewer than five together, the smallest of the larger ones is put to them, so that nothing is left out that a
sum would give away; and where there is none, nothing is told of that question in that year. Who left a
question out is not counted. There is no SQL that gives the same: the answers are not kept.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lever_assets.lever import JsonObject
from lever_assets.lever.instants import from_epoch_ms_if_any
from lever_assets.lever.records import said

LEAST = 5
"""A group of fewer is not told."""
OTHERS = ""
"""The answer of the row that holds all smaller groups."""
QUESTIONS = ("gender", "race", "veteran", "disability")
"""The keys of an answer that hold a choice. All others tell of one application, and are not looked at.

Source: answers of Lever's to public clients; the first three also its application forms.
"""
_LONGEST = 200
"""Of an answer's text: choices are shorter."""


class Fact(NamedTuple):
    """That somebody who applied in a year answered a question so."""

    year: str
    question: str
    answer: str


def facts(record: JsonObject) -> Iterator[Fact]:
    """Yield what one of Lever's records of answers tells; nothing where it does not tell the year."""
    applied_at = from_epoch_ms_if_any(record.get("appliedAt"))
    if applied_at is None:
        return
    for question in QUESTIONS:
        answer = record.get(question)
        if isinstance(answer, str) and (text := said(answer.strip())) is not None:
            yield Fact(f"{applied_at.year:04d}", question, text[:_LONGEST])


def mart(counts: Mapping[Fact, int]) -> list[dict[str, Any]]:
    """Return the rows of the mart, in which no group is smaller than `LEAST`."""
    by_question: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for fact, count in counts.items():
        by_question[fact.year, fact.question][fact.answer] += count
    return [
        {"year": year, "question": question, "answer": answer, "answers": count}
        for (year, question), groups in sorted(by_question.items())
        for answer, count in sorted(_large_enough(groups).items())
    ]


def _large_enough(groups: Mapping[str, int]) -> dict[str, int]:
    """Return the groups of one question in a year with the small ones together, none of them small."""
    large = {answer: count for answer, count in groups.items() if count >= LEAST}
    rest = sum(groups.values()) - sum(large.values())
    if not rest:
        return large
    if rest < LEAST and large:  # else the sum of another question's rows would tell how many these are
        smallest = min(large, key=lambda answer: (large[answer], answer))
        rest += large.pop(smallest)
    return {**large, OTHERS: rest} if rest >= LEAST else large
