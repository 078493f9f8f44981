"""Figures of a synced account, counted once more in plain Python from what the local Lever has."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from typing import Any

import pytest

from lever_assets.frames.frame import frame
from lever_assets.insight.finishing import bring_up_marts
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.sync.tables import DELTA, Account

Record = dict[str, Any]


@pytest.fixture(scope="module", params=[300, pytest.param(2_400, marks=pytest.mark.long)])
def account(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account that was read whole, and once more after people were moved, hired and brought back."""
    folder = tmp_path_factory.mktemp("figures")
    with running_sandbox(SandboxConfig(opportunities=request.param, seed=3, rate=0)) as sandbox:
        synced = Account(sandbox, folder, f"sqlite:///{folder / 'lever.db'}")
        bring_up(synced)
        _recruit(sandbox)
        synced.sync(DELTA)
        bring_up(synced)
        yield synced


def bring_up(account: Account) -> None:
    if not (account.folder / "lever.db").exists():
        account.sync()
    with account.session() as session:
        bring_up_marts(session)


def _recruit(sandbox: Sandbox) -> None:
    reasons = [sandbox.get("archive_reasons", each) or {} for each in sandbox.ids("archive_reasons")]
    hired = next(each["id"] for each in reasons if each.get("type") == "hired")
    for number, ident in enumerate(sandbox.ids("opportunities")[:60]):
        record = sandbox.get("opportunities", ident) or {}
        if record["archived"] and number % 3 == 0:
            sandbox.archive(ident, None)
        elif not record["archived"]:
            sandbox.move(ident)
            if number % 4 == 0:
                sandbox.archive(ident, hired)


def month(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m")


def opportunities(account: Account) -> list[Record]:
    sandbox = account.sandbox
    return [sandbox.get("opportunities", each) or {} for each in sandbox.ids("opportunities")]


def hired_ids(account: Account) -> set[str]:
    sandbox = account.sandbox
    return {
        each
        for each in sandbox.ids("archive_reasons")
        if (sandbox.get("archive_reasons", each) or {}).get("type") == "hired"
    }


def applications(account: Account, opportunity: Record) -> list[Record]:
    return [account.sandbox.get("applications", each) or {} for each in opportunity["applications"]]


def is_hired(account: Account, opportunity: Record) -> bool:
    archived = opportunity["archived"]
    return bool(opportunity["applications"] and archived and archived["reason"] in hired_ids(account))


def mart(account: Account, name: str) -> Any:
    return frame(f"mart_{name}", settings=account.settings())


def test_the_funnel_counts_who_entered_and_passed_each_stage(account: Account) -> None:
    names = {
        each: (account.sandbox.get("stages", each) or {})["text"] for each in account.sandbox.ids("stages")
    }
    entered: Counter[tuple[str, str]] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    for each in opportunities(account):
        first: dict[str, int] = {}
        place = {change["toStageId"]: change["toStageIndex"] for change in each["stageChanges"]}
        for change in each["stageChanges"]:
            at = first.get(change["toStageId"], change["updatedAt"])
            first[change["toStageId"]] = min(at, change["updatedAt"])
        furthest = max(place.values(), default=-1)
        for stage, at in first.items():
            entered[month(at), names[stage]] += 1
            passed[month(at), names[stage]] += place[stage] < furthest or is_hired(account, each)
    rows = mart(account, "funnel").groupby(["month", "stage_name"])[["entered", "passed"]].sum()
    assert {key: row["entered"] for key, row in rows.iterrows()} == dict(entered)
    assert {key: row["passed"] for key, row in rows.iterrows()} == {key: passed[key] for key in entered}


def test_hires_and_the_days_to_them_are_those_of_the_records(account: Account) -> None:
    days: dict[str, list[float]] = defaultdict(list)
    for each in opportunities(account):
        if is_hired(account, each):
            at = each["archived"]["archivedAt"]
            for application in applications(account, each):
                days[month(at)].append((at - application["createdAt"]) / 86_400_000)
    rows = mart(account, "time_to_hire")
    assert rows.groupby("month")["hires"].sum().to_dict() == {key: len(each) for key, each in days.items()}
    alone = {row.month: row for row in rows.itertuples() if (rows["month"] == row.month).sum() == 1}
    assert alone
    for key, row in alone.items():
        assert row.median_days == pytest.approx(median(days[key]), abs=1e-6)


def test_sources_are_those_of_who_came(account: Account) -> None:
    came: Counter[tuple[str, str]] = Counter()
    hired: Counter[tuple[str, str]] = Counter()
    for each in opportunities(account):
        key = (month(each["createdAt"]), next(iter(each["sources"]), ""))
        came[key] += 1
        hired[key] += is_hired(account, each)
    rows = mart(account, "source_effectiveness").set_index(["month", "source"])
    assert rows["candidates"].to_dict() == dict(came)
    assert rows["hired"].to_dict() == {key: hired[key] for key in came}


def test_open_applications_wait_since_the_last_change_of_stage(account: Account) -> None:
    since = {}
    for each in opportunities(account):
        here = [
            change["updatedAt"] for change in each["stageChanges"] if change["toStageId"] == each["stage"]
        ]
        if not each["archived"]:
            for application in applications(account, each):
                since[application["id"]] = max(here, default=application["createdAt"])
    ids: dict[str, str] = dict(
        frame("applications", settings=account.settings())[["id", "remote_id"]].itertuples(index=False)
    )
    rows = mart(account, "aging")
    found = {ids[row.application_id]: round(row.since.timestamp() * 1000) for row in rows.itertuples()}
    assert found == since


def test_interviews_and_offers_are_counted_once_each(account: Account) -> None:
    sandbox = account.sandbox
    interviews = [sandbox.get("interviews", each) or {} for each in sandbox.ids("interviews")]
    held = sum(len(each["interviewers"]) for each in interviews if not each["canceledAt"])
    off = sum(len(each["interviewers"]) for each in interviews if each["canceledAt"])
    rows = mart(account, "interviewer_load")
    assert (rows["interviews"].sum(), rows["canceled"].sum()) == (held, off)
    assert mart(account, "offer_acceptance")["offers"].sum() == len(sandbox.ids("offers"))
