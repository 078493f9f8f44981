from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lever_assets_tests.web import WEB

PROGRAM = """
from lever_assets.sandbox import OAuthConfig, SandboxConfig, serve
serve(SandboxConfig(opportunities=5001, rate=0, key="my-key", oauth=OAuthConfig(client_secret="a secret")))
"""


@pytest.mark.long
def test_serving_prints_where_it_is_and_leaves_nothing_behind(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(7)]
    try:
        url = lines[1].partition("=")[2]
        assert lines == [
            f"Lever sandbox at {url} with key my-key",
            f"export LEVER_BASE_URL={url}",
            "export LEVER_API_KEY=my-key",
            f"export LEVER_AUTH_URL={url.removesuffix('/v1')}/auth",
            "export LEVER_OAUTH_CLIENT_ID=sandbox-client",
            "export LEVER_OAUTH_CLIENT_SECRET='a secret'",
            "export LEVER_OAUTH_REDIRECT_URI=http://127.0.0.1:8765/callback",
        ]
        assert list(tmp_path.iterdir())
        assert WEB.get(f"{url}/stages", auth=("my-key", "")).status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)
    assert rest == ("", "")
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []
