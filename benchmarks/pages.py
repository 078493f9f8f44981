"""The lists of the HTTP API: a page, a walk over all, and many clients beside a full sync."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from statistics import median, quantiles
from typing import Any

import psutil  # type: ignore[import-untyped]  # it brings no types

from benchmarks.account import Served, served
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading, megabytes
from benchmarks.populated import populate
from benchmarks.syncing import run_sync
from lever_assets.store import Store
from lever_assets.unified.ids import integration_id

_KEY = "a-key-for-a-benchmark"
_SMALL = 50
_PAGES = 20
_WALKED = ("candidates", "applications", "jobs")


@dataclass
class _Api:
    """A server of the API, in a process of its own."""

    process: psutil.Process
    port: int

    def page(self, conn: HTTPConnection, model: str, query: str) -> Any:
        """Return a page's data; raises RuntimeError for whatever is no success."""
        headers = {"Authorization": f"Bearer {_KEY}", "X-Integration-Id": integration_id("lever")}
        conn.request("GET", f"/v1/ats/{model}?{query}", headers=headers)
        answer = conn.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {body[:200]!r}")
        return json.loads(body)["data"]

    def connected(self) -> HTTPConnection:
        """Return a connection to the server."""
        return HTTPConnection("127.0.0.1", self.port, timeout=60)


@dataclass
class _Times:
    """How long pages took, in seconds, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def run(opportunities: int, kind: Kind) -> None:
    """Print what pages of a large account take, one client at a time."""
    heading(f"Pages of an account of {opportunities:,} opportunities, {kind}")
    with served(_SMALL) as lever, database(kind) as into:
        run_sync(lever, into)
        with closing(Store.open(into.url)) as store:
            populate(store, "lever", opportunities)
        with _serving(lever, into, workers=1) as api:
            before = megabytes(api.process.memory_info().rss)
            for model in _WALKED:
                _pages(api, model)
            for model in _WALKED:
                _walk(api, model)
            figure("memory in MB, before", before)
            figure("memory in MB, after", megabytes(api.process.memory_info().rss))


def _pages(api: _Api, model: str) -> None:
    with closing(api.connected()) as conn:
        api.page(conn, model, "page_size=250")  # the first one makes the statements
        times, cursor = [], ""
        for _ in range(_PAGES):
            began = time.monotonic()
            data = api.page(conn, model, f"page_size=250{cursor}")
            times.append(time.monotonic() - began)
            cursor = f"&cursor={data['next']}" if data["next"] else ""
    figure(f"ms, a page of 250 {model}", median(times) * 1000, f"(at most {max(times) * 1000:.0f})")


def _walk(api: _Api, model: str) -> None:
    began, cpu, rows, cursor = time.monotonic(), sum(api.process.cpu_times()[:2]), 0, ""
    with closing(api.connected()) as conn:
        while True:
            data = api.page(conn, model, f"page_size=250{cursor}")
            rows += len(data["results"])
            if data["next"] is None:
                break
            cursor = f"&cursor={data['next']}"
    seconds = time.monotonic() - began
    used = sum(api.process.cpu_times()[:2]) - cpu
    figure(f"{model} a second, walked", rows / seconds, f"({rows:,}; {used:.1f} s CPU of the server's)")


def beside(opportunities: int, kind: Kind, clients: int, workers: int) -> None:
    """Print how a full sync and clients who read all the time get on beside each other."""
    heading(f"{clients} clients beside a full sync of {opportunities:,} opportunities, {kind}")
    with served(opportunities) as lever, database(kind) as into:
        run_sync(lever, into)
        alone = run_sync(lever, into)
        figure("requests a second, sync alone", alone.result.requests / alone.wall)
        with _serving(lever, into, workers) as api, _clients(api, clients) as times:
            together = run_sync(lever, into)
        figure("requests a second, beside them", together.result.requests / together.wall)
        figure("share of its rate", f"{alone.wall / together.wall:.0%}")
        figure("pages", len(times.seconds), f"({len(times.seconds) / together.wall:.0f} a second)")
        figure("ms a page, median", median(times.seconds) * 1000)
        figure("ms a page, p99", quantiles(times.seconds, n=100)[98] * 1000)
        figure("errors", len(times.errors), " ".join(times.errors[:1]))


@contextmanager
def _clients(api: _Api, how_many: int) -> Iterator[_Times]:
    """Let clients read all lists, each as quickly as it can but for a moment between two pages."""
    times, done = _Times(), threading.Event()

    def read(number: int) -> None:
        with closing(api.connected()) as conn:
            cursor = ""
            while not done.wait(1.0):
                began = time.monotonic()
                try:
                    model = _WALKED[number % len(_WALKED)]
                    data = api.page(conn, model, f"page_size=100{cursor}")
                    times.seconds.append(time.monotonic() - began)
                    cursor = f"&cursor={data['next']}" if data["next"] else ""
                except (OSError, RuntimeError) as error:
                    times.errors.append(repr(error))
                    conn.close()

    threads = [threading.Thread(target=read, args=(number,)) for number in range(how_many)]
    for thread in threads:
        thread.start()
    try:
        yield times
    finally:
        done.set()
        for thread in threads:
            thread.join()


@contextmanager
def _serving(lever: Served, into: Database, workers: int) -> Iterator[_Api]:
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEVER_")} | {
        "LEVER_API_KEY": lever.key,
        "LEVER_BASE_URL": lever.url,
        "LEVER_DATABASE_URL": into.url,
        "LEVER_DATA_DIR": str(into.folder),
        "LEVER_API_TOKEN": _KEY,
    }
    command = [sys.executable, "-m", "lever_assets", "api", "serve", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--workers", str(workers)], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        api = _Api(psutil.Process(process.pid), port)
        try:
            _wait(api)
            yield api
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _wait(api: _Api) -> None:
    for _ in range(600):
        try:
            with closing(api.connected()) as conn:
                api.page(conn, "tags", "page_size=1")
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the API did not start")
