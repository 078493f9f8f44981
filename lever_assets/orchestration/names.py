"""What the assets of a connection are called: keys, groups, checks."""

import dagster as dg

COMPLETE = "complete"
UNIQUE = "unique_ids"
REFERENCES = "references"
MAPPED = "mapped"


def raw_key(connection: str, resource: str) -> dg.AssetKey:
    """Return the key of the asset that lands a resource."""
    return dg.AssetKey([connection, f"raw_{resource}"])


def model_key(connection: str, model: str) -> dg.AssetKey:
    """Return the key of a unified model's asset."""
    return dg.AssetKey([connection, model])


def raw_group(connection: str) -> str:
    """Return the group of a connection's raw assets."""
    return f"{connection}_raw"


def model_group(connection: str) -> str:
    """Return the group of a connection's unified models."""
    return connection


def pool(connection: str) -> str:
    """Return the concurrency pool of a connection's syncs; dagster.yaml lets one run of it go at a time."""
    return f"sync_{connection}"
