"""The job `lever_doctor`, and what Dagster itself needs, on real instances."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    SensorInstigatorData,
)
from dagster._daemon.types import DaemonHeartbeat

from lever_assets.orchestration.prerequisites import of_home, of_instance
from lever_assets.prerequisites.findings import Finding, Verdict
from lever_assets.settings import Settings
from lever_assets.ui.home import INSTANCE
from lever_assets_tests.orchestration.running import Place, failures

NOBODY = Settings(api_key=None)


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {each.subject: each for each in findings}


@contextmanager
def an_instance(folder: Path, configuration: str = INSTANCE) -> Iterator[dg.DagsterInstance]:
    (folder / "dagster.yaml").write_text(configuration, encoding="utf-8")
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        yield instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """An instance as `lever-assets ui` makes it, shared by the tests in their order."""
    with an_instance(tmp_path_factory.mktemp("home")) as opened:
        yield opened


def beat(instance: dg.DagsterInstance, ago: timedelta = timedelta()) -> None:
    """Have every part of the daemon tell that it lives, as it does itself."""
    at = (datetime.now(UTC) - ago).timestamp()
    for kind in instance.get_required_daemon_types():
        instance.add_daemon_heartbeat(DaemonHeartbeat(at, kind, "a daemon", []))


def switch(instance: dg.DagsterInstance, name: str, status: InstigatorStatus) -> None:
    """Keep the state of a sensor, as the UI and the daemon do."""
    location = RegisteredCodeLocationOrigin("lever_assets")
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), name)
    data = SensorInstigatorData(min_interval=60)
    instance.add_instigator_state(InstigatorState(origin, InstigatorType.SENSOR, status, data))


def test_an_instance_that_never_ran_tells_little_and_lacks_nothing(instance: dg.DagsterInstance) -> None:
    found = by_subject(of_instance(NOBODY, instance))

    assert found["home"].verdict is Verdict.FINE
    assert found["pool sync_lever"].verdict is Verdict.FINE
    assert found["daemon"].verdict is Verdict.CANT_TELL
    assert found["sensor lever_delta"].verdict is Verdict.CANT_TELL
    assert found["sensor lever_webhooks"].verdict is Verdict.NOT_NEEDED
    assert not [each for each in found.values() if each.blocks]


def test_a_daemon_is_alive_while_it_tells_so(instance: dg.DagsterInstance) -> None:
    beat(instance)
    assert by_subject(of_instance(NOBODY, instance))["daemon"].verdict is Verdict.FINE

    beat(instance, timedelta(minutes=10))
    silent = by_subject(of_instance(NOBODY, instance))["daemon"]
    assert silent.blocks
    assert "lever-assets ui" in silent.remedy


def test_a_sensor_that_was_switched_off_is_missing(instance: dg.DagsterInstance) -> None:
    switch(instance, "lever_delta", InstigatorStatus.STOPPED)
    switch(instance, "lever_retention", InstigatorStatus.DECLARED_IN_CODE)
    found = by_subject(of_instance(NOBODY, instance))

    assert found["sensor lever_delta"].blocks
    assert "dagster sensor start lever_delta" in found["sensor lever_delta"].remedy
    assert found["sensor lever_retention"].verdict is Verdict.FINE


def test_a_pool_that_lets_several_runs_go_is_missing_but_nobodys_duty(folder: Path) -> None:
    with an_instance(folder, "concurrency: {pools: {granularity: run, default_limit: 3}}") as instance:
        found = by_subject(of_instance(NOBODY, instance))["pool sync_lever"]
        assert (found.verdict, found.required) == (Verdict.MISSING, False)

        instance.event_log_storage.set_concurrency_slots("sync_lever", 1)
        assert by_subject(of_instance(NOBODY, instance))["pool sync_lever"].verdict is Verdict.FINE


def test_a_home_that_is_not_there_is_missing(folder: Path) -> None:
    (found,) = of_home(NOBODY, folder / "nowhere")

    assert found.blocks
    assert "DAGSTER_HOME" in found.remedy


def test_a_home_that_dagster_can_not_use_is_missing_and_its_secrets_are_not_told(folder: Path) -> None:
    url = "postgresql://somebody:the-password@127.0.0.1:1/dagster"
    (folder / "dagster.yaml").write_text(
        f"storage: {{postgres: {{postgres_url: '{url}'}}}}", encoding="utf-8"
    )
    (found,) = of_home(NOBODY, folder)

    assert found.blocks
    assert str(folder) in found.detail
    assert "the-password" not in str(found)


def told(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """Return the metadata that the op left, or its failure."""
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.user_failure_data:
            return dict(event.step_failure_data.user_failure_data.metadata)
        if event.is_successful_output:
            return dict(event.step_output_data.metadata)
    raise AssertionError("the op left nothing")


def test_the_job_reports_and_fails_only_when_something_required_is_missing(place: Place) -> None:
    place.folder.chmod(0o700)
    fine = place.run("lever_doctor")
    assert fine.success
    report = told(fine)["report"]
    assert isinstance(report, dg.MarkdownMetadataValue)
    assert "| offers:read:admin | fine |" in report.value
    assert "### Dagster" in report.value

    place.sandbox.set_quirks("denied=offers")
    lacking = place.run("lever_doctor")
    place.sandbox.set_quirks()
    assert not lacking.success
    assert any("Required and missing: offers:read:admin" in each for each in failures(lacking))
    assert "| offers:read:admin | **missing** | For the sync of offers." in told(lacking)["report"].value


def test_the_job_names_a_connection_that_there_is_not(place: Place) -> None:
    config = {"ops": {"lever_examine": {"config": {"connection": "acme"}}}}

    assert any(
        "There is no connection 'acme'" in each
        for each in failures(place.run("lever_doctor", run_config=config))
    )


def test_the_job_fails_where_nobody_answers(place: Place) -> None:
    [told] = failures(place.run("lever_doctor", base_url="http://127.0.0.1:9/v1"))

    assert "Required, and nobody answered: base URL (of " in told
