"""The services of deploy/compose.yaml as processes of this machine: same commands, environment, secrets.

Only what a container has of its own is put in its place: names of hosts, ports, folders.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import yaml

from lever_assets_tests.serving import free_port

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: Mapping[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
PATIENCE = 300.0


@dataclass
class Composed:
    """The services over a PostgreSQL server, with their files in a folder; `end` ends what was started."""

    folder: Path
    postgresql: str
    """URL of a server, as its superuser."""
    _processes: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    @cached_property
    def places(self) -> Mapping[str, str]:
        """What stands on this machine in the place of what a container has."""
        own = {str(port): str(free_port()) for port in (6379, 4000, 3000, 8430, 8440)}
        socket = self.postgresql.partition("host=")[2]
        return {
            "@database:5432/lever": f"@/lever?host={socket}",
            "@database:5432/dagster": f"@/dagster?host={socket}",
            "@broker:": "@127.0.0.1:",
            "//webserver:": "//127.0.0.1:",
            "0.0.0.0": "127.0.0.1",
            "/run/secrets": str(self.folder / "secrets"),
            "/var/lib/lever-shared": str(self.folder / "shared"),
            "/entrypoint.sh": str(DEPLOY / "entrypoint.sh"),
            **own,
        }

    def here(self, text: object) -> str:
        """Return a text of compose.yaml, or of a file that it names, as it is on this machine."""
        told = "127.0.0.1" if text == "code" else str(text)
        for there, here in self.places.items():
            told = told.replace(there, here)
        return told

    def prepare(self) -> None:
        """Make the secrets, the databases and what the image has in /etc/lever."""
        secrets = self.folder / "secrets"
        subprocess.run([DEPLOY / "make-secrets.sh", str(secrets)], check=True)
        for file in secrets.iterdir():
            file.chmod(0o600)
            file.write_text(self.here(file.read_text()))
        with (secrets / "broker_conf").open("a") as conf:
            conf.write(f"\nport {self.places['6379']}\nbind 127.0.0.1\ndir {self.folder}\n")
        (self.folder / "etc").mkdir()
        shutil.copy(DEPLOY / "dagster.yaml", self.folder / "etc")
        workspace = (DEPLOY / "workspace.yaml").read_text()
        (self.folder / "etc" / "workspace.yaml").write_text(workspace.replace("4000", self.places["4000"]))
        (self.folder / "shared").mkdir()
        with psycopg.connect(self.postgresql, autocommit=True) as conn:
            password = (secrets / "postgres_password").read_text()
            conn.execute(f"CREATE ROLE lever SUPERUSER LOGIN PASSWORD '{password}'".encode())
            conn.execute("CREATE DATABASE lever OWNER lever")
            conn.execute((DEPLOY / "databases.sql").read_bytes())

    def environment(self, service: str, name: str) -> dict[str, str]:
        """Return the variables of a service, with a data folder of its own."""
        kept = {
            each: value
            for each, value in os.environ.items()
            if not each.startswith(("LEVER_", "DAGSTER_", "CELERY_"))
        }
        declared = SERVICES[service].get("environment", {})
        return {
            **kept,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DAGSTER_HOME": str(self.folder / "etc"),
            "LEVER_DATA_DIR": str(self.folder / name),
            **{each: self.here(value) for each, value in declared.items()},
        }

    def start(self, service: str, name: str | None = None) -> "subprocess.Popen[bytes]":
        """Start a service as a group of processes, as a container is; `name`: one of several."""
        name = name or service
        ours = "build" in SERVICES[service]
        command = [self.here(each).replace("worker@", f"{name}@") for each in SERVICES[service]["command"]]
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(DEPLOY / "entrypoint.sh"), *command] if ours else command,
                cwd=self.folder / "etc",
                env=self.environment(service, name),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes[name] = process
        return process

    def run(self, service: str, command: Sequence[str], said: str = "", **variables: str) -> str:
        """Run a command in the place of a service's own, as `docker compose run` does."""
        done = subprocess.run(
            [str(DEPLOY / "entrypoint.sh"), *command],
            cwd=self.folder / "etc",
            env={**self.environment(service, service), **variables},
            input=said,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def is_healthy(self, service: str, name: str | None = None) -> bool:
        """Tell what the service's own health check says."""
        name = name or service
        kind, *words = SERVICES[service]["healthcheck"]["test"]
        command = [self.here(each) for each in words]
        if kind == "CMD-SHELL":
            command = ["sh", "-c", command[0].replace("$$", "$").replace("worker@", f"{name}@")]
        if command[0] == "redis-cli":
            command[1:1] = ["-p", self.places["6379"]]
        done = subprocess.run(
            command,
            cwd=self.folder / "etc",
            env=self.environment(service, name),
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def await_healthy(self, service: str, name: str | None = None) -> None:
        """Wait until a service's health check says that it is well."""
        deadline = time.monotonic() + PATIENCE
        while not self.is_healthy(service, name):
            self.assert_alive()
            assert time.monotonic() < deadline, self.log(name or service)
            time.sleep(1)

    def assert_alive(self) -> None:
        """Fail with what a process wrote that ended by itself."""
        for name, process in self._processes.items():
            assert process.poll() is None, f"{name}: {self.log(name)}"

    def log(self, name: str) -> str:
        """Return the end of what a service wrote."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")[-4000:]

    def show(self) -> None:
        """Print the ends of all logs: a test that fails shows them."""
        for file in sorted(self.folder.glob("*.log")):
            print(f"== {file.name}\n{self.log(file.stem)}")

    def passwords(self) -> list[str]:
        """Return what nobody else may know of the secrets."""
        names = (
            "postgres_password",
            "broker_password",
            "ui_password",
            "lever_api_token",
            "lever_secret_key",
        )
        return [(self.folder / "secrets" / name).read_text() for name in names]

    def worker_of(self, pid: int) -> str:
        """Return the name of the service that a process belongs to."""
        group = os.getpgid(pid)
        return next(name for name, each in self._processes.items() if each.pid == group)

    def kill(self, name: str) -> None:
        """End a service at once with all its processes, as when its machine loses power."""
        process = self._processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)

    def let_pass(self, runs: Sequence[str], minutes: int) -> None:
        """Put what runs have said into the past: whoever asks is told that they are silent since."""
        with psycopg.connect(self.here("postgresql://postgres:@database:5432/dagster")) as conn:
            said = conn.execute("SELECT id, event FROM event_logs WHERE run_id = ANY(%s)", [list(runs)])
            for number, event in said.fetchall():
                told = json.loads(event)
                told["timestamp"] -= minutes * 60
                conn.execute("UPDATE event_logs SET event = %s WHERE id = %s", [json.dumps(told), number])

    def end(self) -> None:
        """End whatever runs."""
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
