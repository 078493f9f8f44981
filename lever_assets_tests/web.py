"""One HTTP client for the tests that look for themselves what a server has."""

import httpx

WEB = httpx.Client(timeout=30, limits=httpx.Limits(max_keepalive_connections=0))
"""Each `httpx.get` would read the system's certificates anew: a third of the time of some tests."""
