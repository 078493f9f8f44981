"""What the documentation says is so: generated pages are current, links lead somewhere, SQL runs."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import text

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets_tests.sync.tables import Account

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")])


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_current() -> None:
    for name, expected in generator().pages().items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == expected, f"{name}: run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    told = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", told)
    for target in [*targets, *re.findall(r'\b(?:src|srcset|href)="([^"#]+)"', told)]:
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_each_picture_is_shown_somewhere_and_is_small() -> None:
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for picture in (ROOT / "docs" / "images").iterdir():
        assert f"images/{picture.name}" in told, f"no page shows {picture.name}"
        assert picture.stat().st_size < 150_000, f"{picture.name}: run `make pictures`"


def test_only_settings_that_exist_are_spoken_of() -> None:
    known = {f"LEVER_{name.upper()}" for name in Settings.model_fields} | {"LEVER_TEST_RECORDED"}  # of tests
    for page in PAGES:
        spoken = set(re.findall(r"\bLEVER_[A-Z_]+[A-Z]\b", page.read_text(encoding="utf-8")))
        assert spoken <= known, f"{page.name}: {sorted(spoken - known)}"


def test_the_example_of_an_environment_knows_every_setting_once() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = [line.lstrip("# ").split("=", 1)[0] for line in lines if re.match(r"#? ?LEVER_", line)]
    assert sorted(named) == sorted(f"LEVER_{name.upper()}" for name in Settings.model_fields)


def sql(page: str) -> list[str]:
    return re.findall(
        r"```sql\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), flags=re.DOTALL
    )


def test_the_sql_examples_run_and_find_something(
    tmp_path: Path, sqlite_database: str, postgresql_database: str
) -> None:
    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    examples = re.findall(r"```sql\n(.*?)```", page, flags=re.DOTALL)
    assert len(examples) >= 6
    pages = [
        each.read_text(encoding="utf-8")
        for each in PAGES
        if each.name in {"fields.md", "freshness.md", "webhooks.md"}
    ]
    elsewhere = [each for page in pages for each in re.findall(r"```sql\n(.*?)```", page, flags=re.DOTALL)]
    assert len(elsewhere) >= 4
    with running_sandbox(SandboxConfig(opportunities=24, rate=0)) as sandbox:
        for database in (sqlite_database, postgresql_database):
            Account(sandbox, tmp_path, database).sync()
            store = Store.open(database)
            with store.reading("lever") as tx:
                found = [tx.sql.execute(text(each)).all() for each in examples]
                for each in elsewhere:
                    tx.sql.execute(text(each)).all()
            store.close()
            assert all(rows for rows in found[:3])
            assert found[3] == []
            assert found[4]
