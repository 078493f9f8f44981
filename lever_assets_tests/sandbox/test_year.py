from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sandbox.year import DAY
from lever_assets_tests.sandbox.test_control import _root
from lever_assets_tests.web import WEB

DAYS = 40
CONFIG = SandboxConfig(opportunities=0, seed=2, rate=0, simulated_days=DAYS)


@pytest.fixture(scope="module")
def played() -> Iterator[Sandbox]:
    """A company that has recruited for some weeks."""
    with running_sandbox(CONFIG) as sandbox:
        yield sandbox


def test_the_days_end_when_the_account_was_last_worked_on(played: Sandbox) -> None:
    end = int(CONFIG.now.timestamp() * 1000)
    instants = [each.at for each in played.year.log]
    assert instants == sorted(instants)
    assert end - DAYS * DAY <= instants[0]
    assert end - DAY < instants[-1] <= end <= played.now()


def test_each_record_is_as_what_happened_leaves_it(played: Sandbox) -> None:
    visits, archived, interviews = defaultdict(list), dict[str, int | None](), dict[str, dict[str, object]]()
    for each in played.year.log:
        match each.deed:
            case "came" | "moved":
                visits[each.of].append((each.said["stage"], each.at))
            case "archived" | "brought back":
                archived[each.of] = each.at if each.deed == "archived" else None
            case "interview":
                interviews.setdefault(each.of, {}).update(each.said)
            case "deleted":
                del visits[each.of]
    assert sorted(visits) == sorted(played.ids("opportunities"))
    for ident, entered in visits.items():
        record = played.get("opportunities", ident) or {}
        assert [(each["toStageId"], each["updatedAt"]) for each in record["stageChanges"]] == entered
        assert record["stage"] == entered[-1][0]
        assert (record["archived"] or {}).get("archivedAt") == archived.get(ident)
    for ident in played.ids("interviews"):
        record = played.get("interviews", ident) or {}
        said = interviews[ident]
        assert (record["date"], record["canceledAt"]) == (said["date"], said["canceledAt"])


def test_an_interview_leaves_the_instant_of_its_opportunity(played: Sandbox) -> None:
    late = [each for each in played.year.log if each.deed == "interview" and "users" not in each.said]
    assert late  # changed once more, at an instant of its own
    instants = {
        (played.get("opportunities", each) or {})["updatedAt"] for each in played.ids("opportunities")
    }
    assert not instants & {each.at for each in late}


def test_the_same_seed_plays_the_same_days(played: Sandbox) -> None:
    with running_sandbox(CONFIG) as again:
        assert [(each.at, each.deed) for each in again.year.log] == [
            (each.at, each.deed) for each in played.year.log
        ]


def test_days_are_played_and_told_over_http() -> None:
    with running_sandbox(SandboxConfig(opportunities=3, rate=0)) as sandbox:
        told = WEB.post(f"{_root(sandbox)}/__simulate", json={"do": "play", "with": {"days": 2, "a_day": 4}})
        happened = told.json()["data"]
        log = WEB.get(f"{_root(sandbox)}/__happenings").json()["happenings"]
        assert log == happened
        came = [each["of"] for each in log if each["deed"] == "came"]
        assert len(came) >= 6
        lever = httpx.get(f"{sandbox.url}/opportunities", auth=(sandbox.key, "")).json()["data"]
        assert set(came) <= {each["id"] for each in lever}
        WEB.post(f"{_root(sandbox)}/__simulate", json={"do": "play", "with": {"days": 1}})
        assert len(WEB.get(f"{_root(sandbox)}/__happenings").json()["happenings"]) > len(log)


def test_the_days_go_on_after_others_have_deleted_people_and_postings() -> None:
    with running_sandbox(SandboxConfig(opportunities=5, seed=12, rate=0)) as sandbox:
        sandbox.play(20, 5)
        names = ("opportunities", "postings", "requisitions", "users")
        gone = {name: sandbox.ids(name)[-5:] for name in names}
        for name, idents in gone.items():
            for each in idents:
                sandbox.delete(name, each)
        happened = sandbox.play(20, 5)
    acted_on = {each.of for each in happened} | {each.said.get("posting") for each in happened}
    assert len(happened) > 100
    assert not acted_on & {each for idents in gone.values() for each in idents}


def test_a_file_is_not_simulated_in(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="kept in no file"):
        SandboxConfig(simulated_days=3, db=tmp_path / "account.db")
