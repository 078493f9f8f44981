"""Requests to others than the Data API: its OAuth server, and a Dagster that runs."""

from typing import Any
from urllib.parse import urlsplit

import httpx

from lever_assets.lever.paths import LOOPBACK


def is_on_this_machine(url: str) -> bool:
    """Tell whether an address leads to this machine."""
    return urlsplit(url).hostname in LOOPBACK


def client_for(url: str, **options: Any) -> httpx.Client:
    """Return a client for an address; `options` are httpx's.

    What is on this machine is not asked through a proxy that the environment names: the proxy would get the
    secrets that are sent along.
    """
    return httpx.Client(trust_env=not is_on_this_machine(url), **options)
