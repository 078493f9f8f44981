"""The accounts on which Kombo's clients are tried: a generated one and, if there is one, a recorded one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox

RECORDED = "recorded"
_FOLDER = os.environ.get("LEVER_TEST_RECORDED")
ACCOUNTS = ["generated", *([RECORDED] if _FOLDER else [])]
"""Kinds of accounts: recorded if LEVER_TEST_RECORDED names a folder as `sandbox serve --data` takes it."""


@contextmanager
def account_in_lever(kind: str, *, opportunities: int, seed: int) -> Iterator[Sandbox]:
    """Serve an account of a kind as Lever does; what is said of its size is for a generated one."""
    if kind == RECORDED:
        config = SandboxConfig(data=Path(_FOLDER or ""), rate=0)
    else:
        config = SandboxConfig(opportunities=opportunities, seed=seed, rate=0)
    with running_sandbox(config) as sandbox:
        yield sandbox
