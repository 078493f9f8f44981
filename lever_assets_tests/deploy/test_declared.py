"""What `deploy/` declares in several places is the same everywhere, and secrets come out of their files."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lever_assets_tests.deploy.composed import COMPOSE, DEPLOY, ROOT, SERVICES

OURS = sorted(name for name, each in SERVICES.items() if "build" in each)
ENTRYPOINT = DEPLOY / "entrypoint.sh"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def through_entrypoint(*command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    env = {"PATH": "/usr/bin:/bin", **variables}
    return subprocess.run([ENTRYPOINT, *command], env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", OURS)
def test_a_unit_runs_what_the_service_of_its_name_runs(name: str) -> None:
    unit = (DEPLOY / "systemd" / f"lever-{name}.service").read_text("utf-8")
    [line] = [each for each in unit.splitlines() if each.startswith("ExecStart=")]
    entrypoint, program, *words = shlex.split(line.removeprefix("ExecStart=").replace("%%", "%"))
    assert entrypoint == "/opt/lever-assets/entrypoint.sh"
    assert [program.removeprefix("/opt/lever-assets/bin/"), *words] == SERVICES[name]["command"]


def test_units_have_the_variables_that_services_have() -> None:
    lines = (DEPLOY / "systemd" / "lever.env").read_text("utf-8").splitlines()
    named = {each.partition("=")[0] for each in lines if not each.startswith("#")}
    for name in OURS:
        assert named == {*SERVICES[name]["environment"], "DAGSTER_HOME", "LEVER_DATA_DIR"}


def test_the_chart_s_values_run_what_the_services_run() -> None:
    values = read(DEPLOY / "helm" / "values.yaml")
    pods = {
        each["metadata"]["name"]: each for each in values["extraManifests"] if each["kind"] == "Deployment"
    }
    for name in ("webserver", "webhooks", "api"):
        [container] = pods[f"lever-{name}"]["spec"]["template"]["spec"]["containers"]
        assert container["args"] == SERVICES[name]["command"]
    [code] = values["dagster-user-deployments"]["deployments"]
    assert code["codeServerArgs"] == SERVICES["code"]["command"][-4:]


def in_camel_case(declared: Any) -> Any:
    """Return a part of dagster.yaml in the chart's words."""
    if not isinstance(declared, dict):
        return declared
    return {
        re.sub("_([a-z])", lambda found: found[1].upper(), key): in_camel_case(value)
        for key, value in declared.items()
    }


def test_the_chart_s_values_say_what_dagster_yaml_says() -> None:
    values, ours = read(DEPLOY / "helm" / "values.yaml"), in_camel_case(read(DEPLOY / "dagster.yaml"))
    assert values["concurrency"] == {"enabled": True, **ours["concurrency"]}
    for key in ("sensors", "schedules"):
        assert values["dagsterDaemon"][key] == ours[key]
    assert (values["telemetry"], values["pythonLogs"]) == (ours["telemetry"], ours["pythonLogs"])
    for key, days in ours["retention"].items():
        # The chart's schema asks for all four; -1: never.
        assert values["retention"][key]["purgeAfterDays"] == {"started": -1, **days["purgeAfterDays"]}


def test_the_chart_s_daemon_calls_the_code_location_as_our_webserver_does() -> None:
    values, workspace = read(DEPLOY / "helm" / "values.yaml"), read(DEPLOY / "workspace.yaml")
    [ours] = [each["grpc_server"] for each in workspace["load_from"]]
    [code] = values["dagster-user-deployments"]["deployments"]
    assert values["dagsterWebserver"]["workspace"] == {
        "enabled": True,
        "servers": [{"host": code["name"], "port": ours["port"], "name": ours["location_name"]}],
    }
    [webserver] = [
        each["spec"]["template"]["spec"]
        for each in values["extraManifests"]
        if each["metadata"]["name"] == "lever-webserver" and each["kind"] == "Deployment"
    ]
    env = {each["name"]: each.get("value") for each in webserver["containers"][0]["env"]}
    assert env["DAGSTER_CODE_HOST"] == code["name"]
    # Commands run here: erasing people has to reach the answers of actions.
    shared = [each["name"] for each in values["dagsterDaemon"]["volumeMounts"]]
    assert shared[0] in {each["name"] for each in webserver["containers"][0]["volumeMounts"]}


def test_runs_queue_as_they_do_on_one_machine() -> None:
    one, many = read(ROOT / "dagster.yaml"), read(DEPLOY / "dagster.yaml")
    for key in ("concurrency", "sensors", "schedules", "retention", "python_logs", "telemetry", "nux"):
        assert many[key] == one[key], key


def test_every_secret_that_is_declared_is_made_once_and_for_its_owner_s_folder(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    for _ in range(2):
        subprocess.run([DEPLOY / "make-secrets.sh", folder], check=True)
        made = {each.name: each.read_text("utf-8") for each in folder.iterdir()}
        assert folder.stat().st_mode & 0o777 == 0o700
    assert {Path(each["file"]).name for each in COMPOSE["secrets"].values()} <= set(made)
    subprocess.run([DEPLOY / "make-secrets.sh", folder], check=True)
    assert made == {each.name: each.read_text("utf-8") for each in folder.iterdir()}
    assert made["postgres_password"] in made["lever_database_url"]
    assert made["broker_password"] in made["celery_broker_url"]


def test_a_secret_comes_out_of_its_file_and_other_variables_stay(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("pa'ss $word\n")
    told = through_entrypoint("env", LEVER_UI_PASSWORD_FILE=str(file), SSL_CERT_FILE="/certificates")
    lines = told.stdout.splitlines()
    assert "LEVER_UI_PASSWORD=pa'ss $word" in lines
    assert "SSL_CERT_FILE=/certificates" in lines
    assert not any(each.startswith("LEVER_UI_PASSWORD_FILE") for each in lines)


def test_a_secret_whose_file_is_not_there_is_told_and_nothing_is_run(tmp_path: Path) -> None:
    told = through_entrypoint("echo", "run", LEVER_SECRET_KEY_FILE=str(tmp_path / "none"))
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == f"LEVER_SECRET_KEY_FILE: {tmp_path / 'none'} can't be read\n"
