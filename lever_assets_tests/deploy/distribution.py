"""A server of the PostgreSQL of the distribution's packages, as deploy/compose.yaml has one of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PLACE = Path("/usr/lib/postgresql")
"""Where Debian's packages have a folder for each version."""
_USER = "postgres"
"""Who runs it where these tests are root's: PostgreSQL refuses to be run by root."""


def programs() -> Path | None:
    """Return the folder of the newest version's programs; None: none is installed."""
    found = [each.parent for each in _PLACE.glob("*/bin/initdb")]
    return max(found, key=lambda each: int(each.parent.name), default=None)


@contextmanager
def running(programs: Path) -> Iterator[str]:
    """Run a server with a cluster of its own; yields its URL, as its superuser."""
    folder = Path(tempfile.mkdtemp(prefix="lever-assets-postgresql-"))
    user = _USER if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)

    def run(program: str, *words: str) -> None:
        command = [str(programs / program), *words]
        subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)

    data = str(folder / "data")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c max_connections=300"
    try:
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://postgres:@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
