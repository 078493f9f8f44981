"""What `deploy/` declares is what the programs that read it take, as far as they can be had here."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config

from lever_assets_tests.deploy.composed import COMPOSE, DEPLOY, SERVICES

jsonschema: Any = import_module("jsonschema")  # it has no types
UNITS = sorted(each.name for each in (DEPLOY / "systemd").glob("*.service"))
CHART = os.environ.get("DAGSTER_CHART", "")
"""The folder of Dagster's Helm chart, `helm/dagster` in Dagster's repository: no part of this project."""
needs_chart = pytest.mark.skipif(
    not (CHART and shutil.which("helm")), reason="needs helm, and DAGSTER_CHART: the folder of the chart"
)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def of_compose(declared: Mapping[str, Any]) -> list[str]:
    """Return what the schema of the Compose specification has against a file."""
    text = files("check_jsonschema.builtin_schemas.vendor").joinpath("compose-spec.json").read_text("utf-8")
    takes = jsonschema.Draft202012Validator(json.loads(text))
    return [each.message for each in takes.iter_errors(declared)]


def units_say(folder: Path) -> str:
    """Return what `systemd-analyze verify` has against the units in a folder."""
    command = ["systemd-analyze", "verify", "--man=no", *(f"./{name}" for name in UNITS)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stderr


def test_compose_yaml_is_as_the_compose_specification_says() -> None:
    assert of_compose(COMPOSE) == []
    code = {**SERVICES["code"], "comand": []}
    assert of_compose({**COMPOSE, "services": {"code": code}}) != []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_units_and_what_they_have_in_common(tmp_path: Path) -> None:
    units = tmp_path / "units"
    shutil.copytree(DEPLOY / "systemd", units)
    (tmp_path / "entrypoint.sh").symlink_to("/bin/true")
    for name in UNITS:
        text = (units / name).read_text("utf-8")
        (units / name).write_text(text.replace("/opt/lever-assets", str(tmp_path)), "utf-8")
    assert units_say(units) == ""
    with (units / "lever-.service.d" / "common.conf").open("a", encoding="utf-8") as common:
        common.write("Bogus=1\n")
    assert "Unknown key" in units_say(units)


def test_the_dockerfile_has_nothing_that_hadolint_warns_of() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint is not had for this machine")
    told = subprocess.run(
        [hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (told.returncode, told.stdout) == (0, "")


def without_elsewhere(schema: Any) -> Any:
    """Return a schema in which what stands at another address is anything."""
    if isinstance(schema, dict):
        if str(schema.get("$ref", "")).startswith("https://"):
            return True
        return {key: without_elsewhere(value) for key, value in schema.items()}
    return [without_elsewhere(each) for each in schema] if isinstance(schema, list) else schema


def over(values: Any, ours: Any) -> Any:
    """Return a chart's values with ours over them, as Helm lays them."""
    if not (isinstance(values, dict) and isinstance(ours, dict)):
        return ours
    return {**values, **{key: over(values.get(key), value) for key, value in ours.items()}}


def objects(chart: Path) -> Iterator[dict[str, Any]]:
    """Yield what `helm template` writes with our values."""
    command = ["helm", "template", "lever", str(chart), "--skip-schema-validation", "--values"]
    told = subprocess.run(
        [*command, DEPLOY / "helm" / "values.yaml"], capture_output=True, text=True, check=True, timeout=60
    )
    yield from (cast(dict[str, Any], each) for each in yaml.safe_load_all(told.stdout) if each)


@needs_chart
def test_the_chart_s_schema_takes_the_values() -> None:
    chart = Path(CHART)
    values = over(read(chart / "values.yaml"), read(DEPLOY / "helm" / "values.yaml"))
    schema = without_elsewhere(json.loads((chart / "values.schema.json").read_text("utf-8")))
    takes = jsonschema.Draft7Validator(schema)
    assert [each.message for each in takes.iter_errors(values)] == []
    assert not takes.is_valid(over(values, {"dagsterDaemon": {"bogus": 1}}))


@needs_chart
def test_what_the_chart_writes_is_the_same_installation(tmp_path: Path) -> None:
    written = {(each["kind"], each["metadata"]["name"]): each for each in objects(Path(CHART))}
    text = written["ConfigMap", "lever-dagster-instance"]["data"]["dagster.yaml"]
    (tmp_path / "dagster.yaml").write_text(text, "utf-8")
    instance, _ = dagster_instance_config(str(tmp_path))
    ours = read(DEPLOY / "dagster.yaml")
    for key in ("concurrency", "sensors", "schedules", "telemetry", "python_logs"):
        assert instance[key] == ours[key], key
    assert "run_retries" not in instance
    workspace = yaml.safe_load(written["ConfigMap", "lever-dagster-workspace-yaml"]["data"]["workspace.yaml"])
    [server] = workspace["load_from"]
    [local] = read(DEPLOY / "workspace.yaml")["load_from"]
    assert server["grpc_server"]["location_name"] == local["grpc_server"]["location_name"]
    pods = {name: each["spec"] for (kind, name), each in written.items() if kind == "Deployment"}
    assert ("Service", server["grpc_server"]["host"]) in written
    named = {
        each["configMap"]["name"] for pod in pods.values() for each in volumes(pod) if "configMap" in each
    }
    assert named <= {name for kind, name in written if kind == "ConfigMap"}
    accounts = {pod["template"]["spec"].get("serviceAccountName") for pod in pods.values()} - {None}
    assert accounts <= {name for kind, name in written if kind == "ServiceAccount"}
    assert pods["lever-dagster-webserver"]["replicas"] == 0


def volumes(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = pod["template"]["spec"].get("volumes") or []
    return found
