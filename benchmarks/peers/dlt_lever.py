"""A Lever account with dlt: the resources that a sync of ours reads, into the database of dlt's user.

Run by a Python of its own that has dlt: `python dlt_lever.py DESTINATION FOLDER`. LEVER_BASE_URL and
LEVER_API_KEY say whom to ask. DESTINATION is `duckdb`, `sqlite`, or the address of a PostgreSQL database;
FOLDER holds the pipeline's state, and a database that is a file. Prints how many rows it loaded into each
table, as JSON.

Written as dlt's documentation recommends it for such an API (REST client, Incremental loading, Optimizing
dlt): its REST client and paginator; whole pages are yielded; what changed is read by dlt's incremental
cursor and merged by id; lists that can't be asked for changes are replaced; below a record a transformer
has its requests deferred to dlt's pool of threads; lists are read in parallel. One thing is spared it:
below a record it asks without the paginator, which takes more CPU for each request. All else is left as dlt
has it: how it normalises, its numbers of workers, its ways to merge and to replace.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import HttpBasicAuth
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator

Record = dict[str, Any]
Page = list[Record]

_LIMIT = {"limit": 100}
_ALL = {**_LIMIT, "confidentiality": "all"}
_WITH_APPLICATIONS = {**_ALL, "expand": "applications"}
# A list that Lever gives only as a whole, its path is its name: what it is asked with, what its id is called.
_WHOLE: tuple[tuple[str, Record, str], ...] = (
    ("users", {**_LIMIT, "includeDeactivated": "true"}, "id"),
    ("stages", _LIMIT, "id"),
    ("archive_reasons", _LIMIT, "id"),
    ("tags", _LIMIT, "text"),
    ("sources", _LIMIT, "text"),
    ("requisition_fields", _LIMIT, "id"),
    ("requisitions", _ALL, "id"),
)


@dlt.source(name="lever")
def lever(url: str, key: str) -> list[Any]:
    """Return the resources of the account: 12 tables, and one of applications below that of opportunities."""
    client = RESTClient(
        base_url=url,
        auth=HttpBasicAuth(key, ""),
        paginator=JSONResponseCursorPaginator(cursor_path="next", cursor_param="offset"),
        data_selector="data",
    )

    def pages(path: str, params: Record) -> Iterator[Page]:
        yield from client.paginate(path, params=dict(params))  # the paginator writes its offset into them

    @dlt.defer
    def below(path: str, parent: Record) -> Page:
        """Return what there is at a path, each record with its parent's id; nearly always it is one page."""
        found = _records(client, path, {})
        return [{**parent, **record} for record in found]

    @dlt.resource(primary_key="id", write_disposition="merge", parallelized=True)
    def postings(
        updated: Any = dlt.sources.incremental("updatedAt", on_cursor_value_missing="include"),
    ) -> Iterator[Page]:
        since = {} if updated.start_value is None else {"updated_at_start": updated.start_value}
        yield from pages("/postings", {**_ALL, **since})

    @dlt.transformer(data_from=postings, primary_key="posting_id", write_disposition="merge")
    def posting_forms(page: Page) -> Iterator[Any]:
        for posting in page:
            yield below(f"/postings/{posting['id']}/apply", {"posting_id": posting["id"]})

    @dlt.resource(primary_key="id", write_disposition="merge", parallelized=True)
    def opportunities(
        updated: Any = dlt.sources.incremental("updatedAt", on_cursor_value_missing="include"),
    ) -> Iterator[Page]:
        since = updated.start_value
        if since is None:
            yield from pages("/opportunities", _WITH_APPLICATIONS)
            return
        yield from pages("/opportunities", {**_WITH_APPLICATIONS, "updated_at_start": since})
        # A filter by change misses those that have no updatedAt.
        for page in pages("/opportunities", {**_WITH_APPLICATIONS, "created_at_start": since}):
            yield [each for each in page if each.get("updatedAt") is None]

    @dlt.transformer(data_from=opportunities, primary_key="id", write_disposition="merge")
    def interviews(page: Page) -> Iterator[Any]:
        for each in page:
            yield below(f"/opportunities/{each['id']}/interviews", {"opportunity_id": each["id"]})

    @dlt.transformer(data_from=opportunities, primary_key="id", write_disposition="merge")
    def offers(page: Page) -> Iterator[Any]:
        for each in page:
            if each.get("applications"):  # nobody else can have one
                yield below(f"/opportunities/{each['id']}/offers", {"opportunity_id": each["id"]})

    whole = [
        dlt.resource(
            pages(f"/{name}", params),
            name=name,
            primary_key=ident,
            write_disposition="replace",
            parallelized=True,
        )
        for name, params, ident in _WHOLE
    ]
    return [*whole, postings, posting_forms, opportunities, interviews, offers]


def _records(client: Any, path: str, params: Record) -> Page:
    """Return all that is at a path, its further pages too."""
    found: Page = []
    offset: str | None = None
    while True:
        answer = client.get(path, params=params if offset is None else {**params, "offset": offset})
        answer.raise_for_status()
        body = answer.json()
        data = body["data"]
        found += data if isinstance(data, list) else [data]
        offset = body.get("next")
        if offset is None:
            return found


def _destination(name: str, folder: Path) -> Any:
    match name:
        case "duckdb":
            return dlt.destinations.duckdb(str(folder / "lever.duckdb"))
        case "sqlite":
            os.environ["LOAD__WORKERS"] = "1"  # its threads would lock each other out
            return dlt.destinations.sqlalchemy(f"sqlite:///{folder / 'lever.db'}")
    return dlt.destinations.postgres(name)


def main(name: str, folder: Path) -> None:
    """Load what is new, and print how many rows it was."""
    pipeline = dlt.pipeline(
        "lever",
        destination=_destination(name, folder),
        dataset_name="lever_data",
        pipelines_dir=str(folder / "pipelines"),
    )
    pipeline.run(lever(os.environ["LEVER_BASE_URL"], os.environ["LEVER_API_KEY"]))
    print(json.dumps(pipeline.last_trace.last_normalize_info.row_counts))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
