"""What CONTRIBUTING says of adding something is done on a copy of the project: then the thing is there."""

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets_tests.docs.steps import ROOT, StepError, Tree, steps
from lever_assets_tests.sync.tables import Account
from lever_assets_tests.web import WEB

PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
COLUMN, MODEL, RESOURCE, ACTION = (
    "Add a column to a model",
    "Add a model",
    "Add a Lever resource",
    "Add an action",
)
SECTIONS = (COLUMN, MODEL, RESOURCE, ACTION)
NEW = "add_candidate_source"
"""The action that the page's example adds."""
SOURCES = {"examples/hiring/dbt/models/sources.yml", "dbt/models/sources.yml"}
"""They tell of each column, as docs/tables.md does."""
LINEAGE = ("docs/images/lineage-light.svg", "docs/images/lineage-dark.svg")
"""They show each model."""
Filled = dict[str, dict[str, int]]
"""By table, by column: in how many rows it is not null."""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A copy of the project as it is."""
    return Tree.copy(tmp_path / "project")


@contextmanager
def sandbox(tree: Tree, *options: str) -> Iterator[dict[str, str]]:
    """Serve the copy's local Lever; gives the variables by which its commands reach it."""
    command = [sys.executable, "-m", "lever_assets", "sandbox", "serve", "--port", "0", "--rate", "0"]
    with subprocess.Popen(
        [*command, *options], cwd=tree.folder, env=tree.environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(3)]
        exported = [line.removeprefix("export ").split("=", 1) for line in said if line.startswith("export ")]
        try:
            yield {**dict(exported), "LEVER_RATE_LIMIT": "0"}
        finally:
            process.send_signal(signal.SIGINT)


def filled(tree: Tree) -> Filled:
    """Return what is in the copy's database."""
    database = sqlite3.connect(tree.folder / "data" / "lever.db")
    try:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found: Filled = {}
        for table in tables:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            counts = ", ".join(f'count("{column}")' for column in columns)
            row = database.execute(f"SELECT {counts} FROM {table}").fetchone()
            found[table] = dict(zip(columns, row, strict=True))
        return found
    finally:
        database.close()


def do(tree: Tree, section: str) -> set[str]:
    """Do a section's steps; returns the pages that `make docs` changes.

    The tests that they write or change pass.
    """
    before = tree.files()
    named = tree.do(section)
    run(tree, named)
    after = tree.files()
    made = {name for name, content in after.items() if before.get(name) != content} - {*named}
    assert not [name for name in made if not name.startswith("docs/") and name not in SOURCES]
    return made


def run(tree: Tree, files: list[str]) -> None:
    """Run the tests among these files."""
    tests = [each for each in files if Path(each).name.startswith("test_")]
    tree.python("-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", *tests)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_step_is_about_what_is_there_and_leaves_clean_code(section: str, tree: Tree) -> None:
    page = (tree.folder / "CONTRIBUTING.md").read_text("utf-8")
    written = [step for step in steps(page, section) if step.kind != "docs"]
    for step in written:
        step.do(tree)
    changed = sorted({step.path for step in written if step.path is not None and step.path.endswith(".py")})
    tree.python("-m", "ruff", "check", "--quiet", "--no-cache", *changed)
    tree.python("-m", "ruff", "format", "--quiet", "--no-cache", "--check", *changed)


def test_a_column_is_added_as_it_is_written(tree: Tree) -> None:
    data = tree.folder / "data"
    with running_sandbox(SandboxConfig(opportunities=20, rate=0)) as lever:
        # By the project as it is, which is here: that takes no process of its own.
        Account(lever, data, f"sqlite:///{data / 'lever.db'}").sync()
        before = filled(tree)
        pages = do(tree, COLUMN)
        reached = {"LEVER_API_KEY": lever.key, "LEVER_BASE_URL": lever.url, "LEVER_RATE_LIMIT": "0"}
        tree.python("-m", "lever_assets", "sync", "--delta", **reached)
    after = filled(tree)

    new = {(table, column) for table in after for column in after[table].keys() - before[table].keys()}
    assert len(new) == 1
    assert all(after[table][column] for table, column in new)
    assert pages == {"docs/tables.md", *SOURCES}


@pytest.mark.long
def test_a_model_is_added_as_it_is_written(tree: Tree) -> None:
    with sandbox(tree, "--opportunities", "20") as lever:
        tree.python("-m", "lever_assets", "sync", **lever)
        before = filled(tree)
        pages = do(tree, MODEL)
        tree.python("-m", "lever_assets", "sync", "--delta", **lever)
        after = filled(tree)
        assets = listed_assets(tree)

    (table,) = after.keys() - before.keys()
    assert after[table]["id"]
    assert f"lever/{table}" in assets
    assert pages == {"docs/tables.md", *LINEAGE, *SOURCES}


@pytest.mark.long
def test_a_resource_is_added_as_it_is_written(tree: Tree) -> None:
    before = set(re.findall(r"`(raw_\w+)`", (tree.folder / "docs" / "tables.md").read_text("utf-8")))
    pages = do(tree, RESOURCE)
    with sandbox(tree, "--opportunities", "20") as lever:
        tree.python("-m", "lever_assets", "sync", **lever)
        assets = listed_assets(tree)
    after = filled(tree)

    (table,) = {name for name in after if name.startswith("raw_")} - before
    assert after[table]["remote_id"], "nothing of it was read"
    assert f"lever/{table}" in assets
    assert {"docs/tables.md", "docs/permissions.md"} <= pages


def listed_assets(tree: Tree) -> list[str]:
    return tree.python("-m", "dagster", "asset", "list", "-m", "lever_assets.definitions").splitlines()


@pytest.mark.long
def test_an_action_is_added_as_it_is_written(tree: Tree, tmp_path: Path) -> None:
    pages = do(tree, ACTION)
    own = {"docs/actions/README.md", f"docs/actions/{NEW}.md"}
    assert pages == {"docs/cli.md", "docs/permissions.md", "docs/connect.md", *own}

    example = tree.folder / "docs" / "actions" / "examples" / f"{NEW}.json"
    given = json.loads(example.read_text("utf-8"))
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"ops": {NEW: {"config": {**given, "source": "Fair"}}}}))
    with sandbox(tree) as lever:
        answer = tree.python("-m", "lever_assets", "action", NEW, "--input", str(example), **lever)
        job = ["job", "execute", "-m", "lever_assets.definitions", "-j", f"{NEW}_job", "-c", str(config)]
        tree.python("-m", "dagster", *job, **lever)
        opportunity = given["candidate_id"].removeprefix("remote:")
        path = f"{lever['LEVER_BASE_URL']}/opportunities/{opportunity}"
        sources = WEB.get(path, auth=(lever["LEVER_API_KEY"], "")).json()["data"]["sources"]

    assert json.loads(answer)["status"] == "success"
    assert sources[-2:] == [given["source"], "Fair"]


@pytest.mark.long
def test_all_of_it_goes_together_is_typed_and_does_what_every_action_does(tree: Tree) -> None:
    for section in SECTIONS:
        tree.do(section)
    cache = ROOT / ".mypy_cache"  # what is known of the libraries: to find it out takes a minute
    if cache.exists():
        shutil.copytree(cache, tree.folder / ".mypy_cache")
    tree.python("-m", "mypy")
    tree.python("-m", "pytest", "-p", "no:xdist", "lever_assets_tests/actions", "-k", NEW)


Change = Callable[[str], str]
BROKEN: dict[str, tuple[Change, str]] = {
    "a line that is no longer there": (
        lambda page: page.replace("\n        tag: Tag", "\n        tag: Label"),
        "step 1 (lever_assets/actions/inputs.py): these lines are there 0 times",
    ),
    "a file that has gone": (
        lambda page: page.replace("`lever_assets/actions/inputs.py`", "`lever_assets/actions/input.py`"),
        "step 1 (lever_assets/actions/input.py): there is no such file",
    ),
    "a file that is there": (
        lambda page: page.replace("`lever_assets/actions/sources.py`", "`lever_assets/actions/tags.py`"),
        "step 2 (lever_assets/actions/tags.py): there is such a file",
    ),
    "a block of no file": (
        lambda page: page.replace("in `lever_assets/actions/inputs.py`:", "in the inputs:"),
        "a block has no line before it",
    ),
    "no such section": (lambda page: page.replace(f"## {ACTION}", "## Actions"), "there are 0 sections"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_step_that_does_not_go_is_named(case: str, tmp_path: Path) -> None:
    change, told = BROKEN[case]
    for name in ("lever_assets/actions/inputs.py", "lever_assets/actions/tags.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    assert change(PAGE) != PAGE
    (tmp_path / "CONTRIBUTING.md").write_text(change(PAGE), "utf-8")
    with pytest.raises(StepError, match=re.escape(told)):
        Tree(tmp_path).do(ACTION)
