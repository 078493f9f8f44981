"""What the definitions tell before anything ran: where columns and code are, and what a partition is."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from lever_assets.connect.known import Listed
from lever_assets.definitions import build
from lever_assets.mapping.stated import SOURCES
from lever_assets.orchestration.code_links import reference
from lever_assets.orchestration.partitions import sync_windows, window_holding
from lever_assets.settings import Cadence, Settings
from lever_assets.unified.catalogue import EXTRA_MODELS
from lever_assets_tests.orchestration.running import key

ROOT = Path(__file__).parents[2]
SILENT = """
import warnings, dagster as dg
for each in (dg.BetaWarning, dg.PreviewWarning, dg.SupersessionWarning):
    warnings.simplefilter("error", each)
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster_shared.serdes import deserialize_value, serialize_value
from lever_assets.definitions import defs
from lever_assets import LeverAccount, build_lever_definitions
theirs = build_lever_definitions(LeverAccount(name="acme", api_key=dg.EnvVar("NONE")))
for each in (defs, theirs):
    deserialize_value(serialize_value(RepositorySnap.from_def(each.get_repository_def())))
"""


def specs(**settings: object) -> dict[str, dg.AssetSpec]:
    made = build(Settings(api_key=None, **settings))  # type: ignore[arg-type] # as each setting is
    return {each.key.path[-1]: each for each in made.resolve_all_asset_specs()}


def lineage(spec: dg.AssetSpec) -> dict[str, list[tuple[str, str]]]:
    found = spec.metadata["dagster/column_lineage"]
    assert isinstance(found, dg.TableColumnLineage)
    return {
        column: [(each.asset_key.path[-1], each.column_name) for each in deps]
        for column, deps in found.deps_by_column.items()
    }


def test_a_column_leads_to_what_it_is_mapped_from() -> None:
    found = lineage(specs()["applications"])
    assert found["current_stage_id"] == [("raw_opportunities", "data.stage")]
    assert found["job_id"] == [("raw_opportunities", "data.applications.posting")]
    assert found["remote_data"] == [("raw_opportunities", "data.applications")]
    assert ("raw_archive_reasons", "data.text") in found["outcome"]
    assert lineage(specs()["users"])["remote_data"] == [("raw_users", "data")]


@pytest.mark.parametrize("model", SOURCES)
def test_every_column_leads_to_assets_that_come_before_its_own(model: str) -> None:
    extra = tuple(each.name for each in EXTRA_MODELS)
    graph = build(Settings(api_key=None, extra_models=extra)).resolve_asset_graph()
    above = {each.path[-1] for each in graph.get(key(model)).parent_keys}
    found = lineage(specs(extra_models=extra)[model])
    assert found.keys() == SOURCES[model].keys()
    assert {asset for deps in found.values() for asset, _ in deps} <= above


def test_what_is_left_out_leads_nowhere() -> None:
    left = specs(exclude=("applications.outcome", "candidates.source", "offers"))
    assert "outcome" not in lineage(left["applications"])
    shown = {asset for spec in left.values() for asset in _assets_of(spec)}
    assert shown <= left.keys()


def _assets_of(spec: dg.AssetSpec) -> set[str]:
    has = "dagster/column_lineage" in spec.metadata
    return {asset for deps in lineage(spec).values() for asset, _ in deps} if has else set()


def test_the_description_of_a_column_says_where_it_is_from() -> None:
    """The UI without a subscription shows no other lineage of columns."""
    schema = specs()["applications"].metadata["dagster/column_schema"]
    told = {column.name: column.description for column in schema.columns}
    assert told["current_stage_id"] == "The stage it is in. From `opportunities.stage`."
    assert told["outcome"].endswith(
        "From `applications.archived`, `opportunities.archived`, `archive_reasons.id` and 2 more."
    )
    assert "From" not in told["changed_at"]


def test_of_many_accounts_no_more_is_told_than_each_of_them_needs() -> None:
    """It adds up in each process that loads them, and in the daemon, which looks at each policy."""
    many = Listed(tuple(Settings(api_key=None, connection=f"a{number}") for number in range(21)))
    for each in build(Settings(api_key=None), many).resolve_all_asset_specs():
        assert "dagster/column_lineage" not in each.metadata
        assert (each.freshness_policy is not None) == (each.key.path[-1] == "raw_opportunities")


def test_every_asset_leads_to_the_line_that_makes_it() -> None:
    for name, spec in specs().items():
        (found,) = spec.metadata["dagster/code_references"].code_references
        assert isinstance(found, dg.LocalFileCodeReference)
        line = Path(found.file_path).read_text("utf-8").splitlines()[(found.line_number or 0) - 1]
        made = "def facts(" if name.startswith("mart_") else "def rows("
        made = f'name="{name.removeprefix("raw_")}"' if name.startswith("raw_") else made
        assert made in line, name


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
def test_an_installed_package_leads_to_its_repository_or_nowhere() -> None:
    asked = ("mapping/offers.py", 7, None)
    at = "lever_assets/mapping/offers.py#L7"
    for repository, url in (
        ("https://github.com/acme/lever", f"https://github.com/acme/lever/blob/v1.2/{at}"),
        ("https://gitlab.com/acme/lever/", f"https://gitlab.com/acme/lever/-/blob/v1.2/{at}"),
    ):
        found = reference(*asked, repository, "1.2")
        assert isinstance(found, dg.UrlCodeReference)
        assert found.url == url
    assert reference(*asked, None, "1.2") is None


@pytest.mark.parametrize(
    ("cadence", "says"),
    [
        (Cadence.HOURLY, "A partition is an hour (UTC), its key is that hour: "),
        (Cadence.DAILY, "A partition is a day (UTC), its key is that day: "),
        (Cadence.WEEKLY, "A partition is a week from Thursday on (UTC), its key is its first day: "),
        (Cadence.MONTHLY, "A partition is a month (UTC), its key is its first day: "),
    ],
)
def test_every_asset_says_what_a_partition_is(cadence: Cadence, says: str) -> None:
    told = specs(sync_window=cadence, sync_start=date(2026, 1, 1))
    first = sync_windows(Settings(sync_window=cadence)).get_first_partition_key()
    for spec in told.values():
        assert says in (spec.description or "")
        assert f"The first, `{first}`, also has what is older" in (spec.description or "")


@pytest.mark.parametrize("cadence", list(Cadence))
def test_an_instant_is_in_the_window_that_dagster_has_it_in(cadence: Cadence) -> None:
    settings = Settings(sync_window=cadence, sync_start=date(2026, 1, 1))
    windows = sync_windows(settings)
    keys = windows.get_partition_keys()
    for number in (1, len(keys) // 2, len(keys) - 2):
        window = windows.time_window_for_partition_key(keys[number])
        start = window.start.astimezone(UTC)
        assert window_holding(keys, settings, start) == keys[number]
        assert window_holding(keys, settings, start.replace(minute=59)) == keys[number]
    assert window_holding(keys, settings, datetime(1999, 1, 1, tzinfo=UTC)) == keys[0]
    assert window_holding(keys, settings, datetime(2999, 1, 1, tzinfo=UTC)) == keys[-1]
    assert window_holding(keys, settings, None) == keys[0]


def test_no_warning_of_dagster_s_reaches_whoever_loads_the_definitions(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SILENT],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(ROOT), "LEVER_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


def test_owners_are_those_of_the_setting() -> None:
    told = specs(owners=("jo@example.com", "team:people"))
    assert {tuple(spec.owners) for spec in told.values()} == {("jo@example.com", "team:people")}
