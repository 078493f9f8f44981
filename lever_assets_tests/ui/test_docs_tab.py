"""The tab "Components" of a `dg` project in Dagster's UI has the docs of our component, in a real browser.

For machines that have a Chromium.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster_webserver.app import create_app_from_workspace_process_context

from lever_assets import LeverComponent
from lever_assets_tests.connect.browser import CHROMIUM, Page, browsing
from lever_assets_tests.ui.conftest import listening

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="this machine has no Chromium"),
]

NAME = "lever_docs_project"
FILES = {
    "pyproject.toml": f"""
[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "{NAME}"
code_location_name = "{NAME}"
""",
    f"{NAME}/__init__.py": "",
    f"{NAME}/definitions.py": """
from pathlib import Path

from dagster import Definitions, definitions, load_from_defs_folder


@definitions
def defs() -> Definitions:
    return load_from_defs_folder(path_within_project=Path(__file__).parent)
""",
    f"{NAME}/defs/__init__.py": "",
}
"""A project as `create-dagster` writes it."""


@contextmanager
def project_served(folder: Path) -> Iterator[int]:
    """Serve the UI with the project as its one code location; yields the port."""
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    target = ModuleTarget(
        f"{NAME}.definitions", attribute=None, working_directory=str(folder), location_name=NAME
    )
    (folder / "instance").mkdir()
    with (
        dg.DagsterInstance.local_temp(
            str(folder / "instance"), overrides={"nux": {"enabled": False}}
        ) as instance,
        WorkspaceProcessContext(instance, target, "1") as context,
        listening(create_app_from_workspace_process_context(context)) as port,
    ):
        yield port


def follow(page: Page, text: str) -> None:
    """Follow the link that has this text, as soon as it is there."""
    same = f"each => each.innerText.trim() === {json.dumps(text)}"
    link = f"[...document.querySelectorAll('a')].find({same})"
    page.wait_for(f"{link} !== undefined")
    page.value(f"{link}.click()")


def test_the_docs_tab_tells_what_the_component_is_and_each_of_its_parameters(tmp_path: Path) -> None:
    with project_served(tmp_path) as port, browsing(tmp_path / "profile") as page:
        page.open(f"http://127.0.0.1:{port}/locations/{NAME}/docs")
        follow(page, "lever_assets")
        follow(page, "lever_assets.LeverComponent")
        page.wait_for("document.body.innerText.includes('dg scaffold defs lever_assets.LeverComponent')")
        page.wait_for("document.body.innerText.includes('run_retention_days')")
        shown = " ".join(page.text().split())
    model = LeverComponent.get_model_cls()
    assert model is not None
    schema = model.model_json_schema()
    assert set(schema["properties"]) == set(LeverComponent.model_fields)
    assert "19 unified ATS models in your own database" in shown
    for name, each in schema["properties"].items():
        assert f" {name} " in shown
        assert each["description"] in shown
