from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox


@pytest.fixture(scope="package")
def shared() -> Iterator[Sandbox]:
    """An account that is only read."""
    with running_sandbox(SandboxConfig(opportunities=600, seed=3, rate=0)) as sandbox:
        yield sandbox


@pytest.fixture(scope="package")
def lever(shared: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shared.url, auth=(shared.key, "")) as client:
        yield client


@pytest.fixture
def own() -> Iterator[Sandbox]:
    """A small account that the test may change."""
    with running_sandbox(SandboxConfig(opportunities=120, seed=5, rate=0)) as sandbox:
        yield sandbox


@pytest.fixture
def mine(own: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=own.url, auth=(own.key, "")) as client:
        yield client


@pytest.fixture(scope="package")
def workplace() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=120, seed=5, rate=0)) as sandbox:
        yield sandbox


@pytest.fixture
def ours(workplace: Sandbox) -> Iterator[Sandbox]:
    """An account that many tests change: each looks only at what it made itself."""
    yield workplace
    workplace.set_faults()
    workplace.reset_requests()


@pytest.fixture
def us(ours: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ours.url, auth=(ours.key, "")) as client:
        yield client
