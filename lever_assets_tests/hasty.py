"""A client that retries without much waiting."""

from functools import partial
from typing import Any

import pytest

from lever_assets.lever import RetryPolicy


def retry_hastily(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let whatever asks Lever in this test wait for milliseconds; `changes` are of the policy."""
    hasty = partial(RetryPolicy, base=0.001, cap=0.002, **changes)
    monkeypatch.setattr("lever_assets.lever.client.RetryPolicy", hasty)
