"""Writes which id of Kombo's is which of lever_assets', joined by Lever's own ids (`remote_id`), as CSV.

    pip install kombo
    export KOMBO_API_KEY=… KOMBO_INTEGRATION_ID=lever:…
    export LEVER_API_URL=https://api.example.com LEVER_API_TOKEN=… LEVER_INTEGRATION_ID=lever:…
    python join_ids.py > ids.csv

Columns: model, kombo_id, lever_assets_id, remote_id. What only one of them has is there with the other's id
left empty: look at these before you switch over. Deleted records are in it, too.
"""

import csv
import os
import sys
from collections.abc import Iterator

from kombo import Kombo

MODELS = (
    "jobs",
    "candidates",
    "applications",
    "users",
    "roles",
    "tags",
    "interviews",
    "offers",
    "rejection_reasons",
    "application_stages",
)
KOMBO = "https://api.kombo.dev/v1"


def ids(client: Kombo, model: str) -> dict[str, str]:
    """Return a server's ids of a model by Lever's; a record without one can't be joined."""
    return {remote_id: own for remote_id, own in records(client, model) if remote_id}


def records(client: Kombo, model: str) -> Iterator[tuple[str | None, str]]:
    page = getattr(client.ats, f"get_{model}")(page_size=250, include_deleted=True)
    while page is not None:
        yield from ((each.remote_id, each.id) for each in page.result.data.results)
        page = page.next()


def main() -> None:
    old = Kombo(
        api_key=os.environ["KOMBO_API_KEY"],
        integration_id=os.environ["KOMBO_INTEGRATION_ID"],
        server_url=os.environ.get("KOMBO_API_URL", KOMBO),
        timeout_ms=60_000,
    )
    new = Kombo(
        api_key=os.environ["LEVER_API_TOKEN"],
        integration_id=os.environ["LEVER_INTEGRATION_ID"],
        server_url=f"{os.environ['LEVER_API_URL'].rstrip('/')}/v1",
        timeout_ms=60_000,
    )
    out = csv.writer(sys.stdout)
    out.writerow(("model", "kombo_id", "lever_assets_id", "remote_id"))
    for model in MODELS:
        before, after = ids(old, model), ids(new, model)
        for remote_id in sorted(before.keys() | after.keys()):
            out.writerow((model, before.get(remote_id, ""), after.get(remote_id, ""), remote_id))
        both = len(before.keys() & after.keys())
        print(
            f"{model}: {both} in both, {len(before) - both} in Kombo only, {len(after) - both} here only",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
