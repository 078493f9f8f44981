"""EEO answers: only counts of groups of at least five are kept, where they are wanted, and nothing else."""

import logging
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from lever_assets.connect.permissions import PERMISSIONS
from lever_assets.insight import finishing
from lever_assets.insight.answers import COUNTING, why_not_counted
from lever_assets.insight.checking import faults
from lever_assets.insight.finishing import finish_sync
from lever_assets.insight.keeping import as_rows
from lever_assets.insight.loading import mart_rows
from lever_assets.insight.marts.eeo import LEAST, OTHERS, QUESTIONS, Fact, facts, mart
from lever_assets.insight.report.page import page
from lever_assets.insight.report.reading import read
from lever_assets.lever import JsonObject
from lever_assets.policy.exclusion import NOTHING_EXCLUDED
from lever_assets.prerequisites.permissions import permissions, to_grant
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.store.marts import Replaced
from lever_assets.sync.planning import plan
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets.unified.marts import EEO

WHOLE, DELTA, RECONCILE = Scope(), Scope(delta=True), Scope(reconcile=True)
ENDPOINT = "GET /eeo/responses"


def rows(**groups: int) -> dict[str, int]:
    """Return what the mart tells of one question that was answered so often."""
    counts = {Fact("2026", "race", answer): count for answer, count in groups.items()}
    return {row["answer"]: row["answers"] for row in mart(counts)}


def test_a_group_of_five_is_told_and_smaller_ones_together() -> None:
    assert rows(a=5, b=7) == {"a": 5, "b": 7}
    assert rows(a=9, b=4, c=3) == {"a": 9, OTHERS: 7}


def test_few_that_no_sum_may_give_away_are_hidden_among_the_smallest_of_the_others() -> None:
    assert rows(a=20, b=6, c=1) == {"a": 20, OTHERS: 7}
    assert rows(a=20, c=4) == {OTHERS: 24}


def test_fewer_than_five_in_all_are_not_told() -> None:
    assert rows(a=4) == rows(a=2, b=2) == rows() == {}


def test_whatever_was_answered_no_group_is_small_and_none_of_a_large_question_is_lost() -> None:
    for seed in range(300):
        some = random.Random(seed)
        groups = {f"answer {each}": some.randrange(1, 12) for each in range(some.randrange(6))}
        told, total = rows(**groups), sum(groups.values())
        assert all(count >= LEAST for count in told.values()), groups
        assert sum(told.values()) == (total if total >= LEAST else 0), groups
        assert all(groups[answer] == count for answer, count in told.items() if answer != OTHERS)


def test_of_a_record_only_choices_and_the_year_are_looked_at() -> None:
    record: JsonObject = {
        "appliedAt": 1767225600000,
        "gender": " Female ",
        "race": None,
        "veteran": {"odd": 1},
        "disability": "No",
        "disabilitySignatureDate": "2026-01-01",
        "applicationTitle": "Only one applied to this",
    }
    assert set(facts(record)) == {Fact("2026", "gender", "Female"), Fact("2026", "disability", "No")}
    assert list(facts({**record, "appliedAt": "not said"})) == []
    assert list(facts({})) == []


@pytest.fixture(scope="module")
def answering() -> Iterator[Sandbox]:
    """A Lever in which 340 have answered: more than three pages."""
    with running_sandbox(SandboxConfig(opportunities=5, seed=3, rate=0)) as sandbox:
        for number in range(340):
            answers = {
                "gender": ("Female", "Male", "Female", "Decline to self-identify")[number % 4],
                "race": f"Race {number % 3}" if number != 1 else "Sesquipedalian",
            }
            sandbox.create("eeo_responses", {"appliedAt": applied_at(number), **answers})
        yield sandbox


def applied_at(number: int) -> int:
    year = 2025 + number % 2
    return int(datetime(year, 6, 1, tzinfo=UTC).timestamp() * 1000) + number


@pytest.fixture
def lever(answering: Sandbox) -> Iterator[Sandbox]:
    answering.reset_requests()
    yield answering
    answering.set_faults()


@pytest.fixture
def settings(lever: Sandbox, database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        api_key=SecretStr(lever.key),
        base_url=lever.url,
        database_url=database_url,
        data_dir=tmp_path,
        rate_limit=0,
        eeo=True,
    )


def stored(settings: Settings) -> dict[tuple[str, str, str], int]:
    with Session.open(settings) as session, session.reading() as tx:
        found = as_rows(mart_rows(tx, EEO.name))
    return {(row["year"], row["question"], row["answer"]): row["answers"] for row in found}


def asked(sandbox: Sandbox) -> int:
    return sandbox.requests().by_endpoint.get(ENDPOINT, 0)


def test_a_full_sync_counts_all_answers_and_a_reconcile_counts_them_anew(
    lever: Sandbox, settings: Settings
) -> None:
    records = [lever.get("eeo_responses", each) or {} for each in lever.ids("eeo_responses")]
    counted: Counter[tuple[str, str, str]] = Counter(
        (f"{datetime.fromtimestamp(each['appliedAt'] / 1000, UTC):%Y}", question, each[question])
        for each in records
        for question in QUESTIONS
        if each.get(question)
    )
    with Session.open(settings) as session:
        finished = finish_sync(session, WHOLE)
        found = stored(settings)
        assert finished.replaced[EEO.name] == Replaced(written=len(found))
        large = {key: count for key, count in counted.items() if count >= LEAST}
        shown = {key: count for key, count in found.items() if key[2] != OTHERS}
        assert shown.items() <= large.items()
        assert len(shown) >= 8
        assert sum(found.values()) == sum(counted.values()) - lost(counted)
        with session.reading() as tx:
            assert faults(tx, EEO.name) == []
            assert why_not_counted(tx) is None
        assert finish_sync(session, RECONCILE).replaced[EEO.name] == Replaced()
        assert finish_sync(session, DELTA).replaced == {}
    assert asked(lever) == 2 * -(-len(records) // 100)


def lost(counted: Counter[tuple[str, str, str]]) -> int:
    """Return how many answers are of questions that fewer than five answered in a year."""
    totals: Counter[tuple[str, str]] = Counter()
    for (year, question, _), count in counted.items():
        totals[year, question] += count
    return sum(count for count in totals.values() if count < LEAST)


def test_until_answers_are_counted_a_delta_says_when_they_are(settings: Settings) -> None:
    with Session.open(settings) as session:
        [told] = finish_sync(session, DELTA).warnings
        assert "counted by the next full sync or reconcile: run `lever-assets sync --full`" in told
        assert finish_sync(session, RECONCILE).warnings == ()
        assert finish_sync(session, DELTA).warnings == ()
    off = settings.model_copy(update={"eeo": False})
    with Session.open(off) as session:
        assert finish_sync(session, DELTA).warnings == ()


def test_that_another_sync_is_in_the_way_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finishing, "_LOCK_SECONDS", 0.1)
    with Session.open(settings) as session, Session.open(settings) as another:
        with another.alone():
            [told] = finish_sync(session, WHOLE).warnings
        assert "EEO answers were not counted, as another sync has begun" in told
        assert finish_sync(session, WHOLE).warnings == ()


def test_a_plan_counts_the_requests_for_answers(lever: Sandbox, settings: Settings) -> None:
    with Session.open(settings) as session:
        planned = plan(session)
        lever.reset_requests()
        asked_for = sync(session, WHOLE).requests + finish_sync(session, WHOLE).requests
    assert planned.requests["eeo_responses"] == asked(lever) == 4
    assert planned.total == asked_for == lever.requests().total
    with Session.open(settings.model_copy(update={"eeo": False})) as session:
        assert "eeo_responses" not in plan(session).requests
    lever.set_faults(f"403=1,endpoint={ENDPOINT}")
    with Session.open(settings) as session:
        refused = plan(session)
    assert "eeo_responses" in refused.denied
    assert any("eeo_responses:read:admin" in each for each in refused.warnings)
    lever.set_faults(f"400=1,endpoint={ENDPOINT}")
    with Session.open(settings) as session:  # a sync goes on without them, too
        [told] = plan(session).warnings
    assert told.startswith("The requests for eeo_responses were not all counted: ")


def test_what_one_person_answered_is_written_nowhere(
    lever: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(
        api_key=SecretStr(lever.key), base_url=lever.url, data_dir=tmp_path, rate_limit=0, eeo=True
    )
    with caplog.at_level(logging.DEBUG), Session.open(settings) as session:
        finish_sync(session, WHOLE)
        lever.set_faults(f"400=1,endpoint={ENDPOINT}")
        finish_sync(session, WHOLE)
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"Race 1" in written
    assert b"Sesquipedalian" not in written
    assert "Sesquipedalian" not in caplog.text


def test_it_is_off_by_default_and_the_next_sync_takes_the_counts_out(
    lever: Sandbox, settings: Settings
) -> None:
    assert Settings().eeo is False
    off = settings.model_copy(update={"eeo": False})
    with Session.open(off) as session:
        assert finish_sync(session, WHOLE).replaced == {}
    assert asked(lever) == 0
    for without in (off, settings.model_copy(update={"insight": False})):
        with Session.open(settings) as session:
            finish_sync(session, WHOLE)
        there = len(stored(settings))
        assert there
        with Session.open(without) as session:
            assert finish_sync(session, DELTA).replaced[EEO.name] == Replaced(removed=there)
            assert finish_sync(session, DELTA).replaced == {}
            with session.reading() as tx:
                assert COUNTING.read(tx) is None
        assert stored(settings) == {}


@pytest.mark.parametrize("fault", ["403", "400"])
def test_what_lever_refuses_is_told_and_tried_again(lever: Sandbox, settings: Settings, fault: str) -> None:
    with Session.open(settings) as session:
        finish_sync(session, WHOLE)
        before = stored(settings)
        lever.set_faults(f"{fault}=1,endpoint={ENDPOINT}")
        finished = finish_sync(session, WHOLE)
        assert EEO.name not in finished.replaced
        [warning] = finished.warnings
        assert ("eeo_responses:read:admin" in warning) is (fault == "403")
        assert stored(settings) == before
        with session.reading() as tx:
            assert why_not_counted(tx)
            missing = {name for name, each in PERMISSIONS.every(tx).items() if each.refused_at is not None}
        assert missing == ({ENDPOINT} if fault == "403" else set())
        lever.set_faults()
        assert finish_sync(session, WHOLE).warnings == ()
        with session.reading() as tx:
            assert why_not_counted(tx) is None


def test_the_permission_is_asked_for_where_answers_are_counted() -> None:
    name = "eeo_responses:read:admin"
    [found] = [each for each in permissions(NOTHING_EXCLUDED, webhooks=False, eeo=True) if each.name == name]
    assert (found.required, found.why) == (True, "For counts of EEO answers.")
    assert name in dict(to_grant(NOTHING_EXCLUDED, read_only=True, eeo=True))
    assert name not in dict(to_grant(NOTHING_EXCLUDED, read_only=False))


def test_the_report_shows_them_only_where_they_are_on(settings: Settings) -> None:
    with Session.open(settings) as session:
        finish_sync(session, WHOLE)
        texts = [report(session, each) for each in (settings, settings.model_copy(update={"eeo": False}))]
    shown = ['<section id="eeo"' in text for text in texts]
    assert shown == [True, False]
    assert "Race 2" in texts[0]
    assert "all others" in texts[0]


def test_a_report_without_any_group_says_so(lever: Sandbox, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, eeo=True)
    with Session.open(settings) as session:
        assert "No group of answers is large enough yet." in report(session, settings)


def report(session: Session, settings: Settings) -> Any:
    with session.reading() as tx:
        return page(read(tx, datetime(2026, 9, 1, tzinfo=UTC), settings), "acme")
