"""What people and scripts refer to, and so a contract: keys, groups, the pool, checks, jobs and run tags."""

LEVER = "lever"
"""What the names of sensors, schedules and shared jobs begin with, where nothing else is said (`shared`)."""

COMPLETE = "complete"
UNIQUE = "unique_ids"
REFERENCES = "references"
MAPPED = "mapped"
FIGURES = "figures"
UP_TO_DATE = "up_to_date"

DELTA_SENSOR = "lever_delta"
WEBHOOKS_SENSOR = "lever_webhooks"
NOTICES_SENSOR = "lever_notices"
RETENTION_SENSOR = "lever_retention"
PURGE_SENSOR = "lever_purge"
RECONCILE_SCHEDULE = "lever_reconcile"
ERASURE_SCHEDULE = "lever_erasure"
WEBHOOKS_JOB = "lever_webhooks"
"""The job that drains the webhooks' inbox of one connection."""
DRAIN_OP = "lever_drain_webhooks"
ERASURE_JOB = "lever_erasure"
"""The job that erases what is personal of records long gone of one connection."""
ERASE_OP = "lever_erase"
DOCTOR_JOB = "lever_doctor"
"""The job that looks at what a connection needs."""
EXAMINE_OP = "lever_examine"
CONNECTION_FIELD = "connection"
"""Names, in the configuration of an op that all connections share, the one that it is to work on."""

PASSTHROUGH = "passthrough"
"""The op that sends any request."""

REFRESH_TAG = "lever/refresh"
"""A run tag, for a run that is not to read just its windows."""
DELTA = "delta"
"""Ask Lever only for what changed since the last sync."""
FULL = "full"
"""Read the whole account, whichever windows the run is over."""
RECONCILE = "reconcile"
"""Compare the whole account with the tables; keep and mend what differs without notice."""
READS_TAG = "lever/reads"
"""A run tag: with the value `everything`, the run reads and maps all, whichever assets it is planned over."""
EVERYTHING = "everything"
ACCEPT_DELETIONS_TAG = "lever/accept-deletions"
"""A run tag: with the value `true`, what a complete list lacks is gone, however much it is."""
CAUSE_TAG = "lever/cause"
"""Says on a run why it was started."""
CONNECTION_TAG = "lever/connection"
"""Names, on a run or an asset, the connection that it belongs to."""
FLOOR_TAG = "lever/floor"
"""Says of an asset whether it is raw, unified, or a mart."""
TABLE_TAG = "lever/table"
"""Names the table that an asset is, whatever its key; so an input's metadata may."""
UNTOLD = "?"
"""The value of that tag for a run that names no connection that there is; no connection has such a name."""
ACTION_TAG = "lever/action"
"""Names the action that a run does, also in a job that is not ours."""
ACTION_ID_TAG = "lever/action_id"
"""Names the row of the ledger that a run took up, or got its answer from."""


def shared(name: str, of: str) -> str:
    """Return the name that something has which serves all accounts of some definitions, called `of`.

    It begins with `of`; where that is `lever`, it is the name that is given: that is the contract's.
    """
    return name if of == LEVER else f"{of}_{name.removeprefix(f'{LEVER}_')}"


def raw_group(account: str) -> str:
    """Return the group of a connection's raw assets."""
    return f"{account}_raw"


def model_group(account: str) -> str:
    """Return the group of a connection's unified models."""
    return account


def insight_group(account: str) -> str:
    """Return the group of a connection's insight models."""
    return f"{account}_insight"


def mart_group(account: str) -> str:
    """Return the group of a connection's marts."""
    return f"{account}_insight_marts"


def pool(account: str) -> str:
    """Return the concurrency pool of a connection's syncs; dagster.yaml lets one run of it go at a time."""
    return f"sync_{account}"


def step_name(account: str) -> str:
    """Return the name of the op, and the key of the step, that makes a connection's assets."""
    return f"{account}_assets"


def sync_job_name(account: str) -> str:
    """Return the name of the job that syncs chosen windows."""
    return f"{account}_sync"


def full_sync_job_name(account: str) -> str:
    """Return the name of the job that syncs the whole account."""
    return f"{account}_full_sync"


def action_job_name(action: str) -> str:
    """Return the name of an action's job."""
    return f"{action}_job"
