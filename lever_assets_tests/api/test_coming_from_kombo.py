"""The script that tells which id is which, between two servers that gave the same account other ids."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lever_assets_tests.actions.recruiting import Recruiting, synced_account
from lever_assets_tests.api.served import KEY, Served, served

SCRIPT = Path(__file__).parents[2] / "examples" / "coming_from_kombo" / "join_ids.py"


def test_each_record_is_joined_by_levers_id(
    shared: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_CONNECTION", "elsewhere")  # of which other ids follow
    account: Recruiting = synced_account(
        shared.account.sandbox, tmp_path, f"sqlite:///{tmp_path / 'elsewhere.db'}"
    )
    with served(account) as other:
        assert other.integration != shared.integration
        told = subprocess.run(
            [sys.executable, SCRIPT],
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
            env={
                **os.environ,
                "KOMBO_API_URL": f"{other.url}/v1",
                "KOMBO_API_KEY": KEY,
                "KOMBO_INTEGRATION_ID": other.integration,
                "LEVER_API_URL": shared.url,
                "LEVER_API_TOKEN": KEY,
                "LEVER_INTEGRATION_ID": shared.integration,
            },
        )
    rows = list(csv.DictReader(io.StringIO(told.stdout)))
    for model in ("candidates", "jobs", "applications"):
        joined = {row["remote_id"]: row["lever_assets_id"] for row in rows if row["model"] == model}
        assert joined == {remote: own for own, remote in shared.account.live_ids(model)}
    assert all(row["kombo_id"] and row["kombo_id"] != row["lever_assets_id"] for row in rows)
