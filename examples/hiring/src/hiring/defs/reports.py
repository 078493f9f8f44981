"""Assets of the project's own, made from tables of both accounts as DataFrames."""

import dagster as dg
import pandas as pd


def table(name: str, account: str, **which: object) -> dg.AssetIn:
    """A table of an account as an input; the resource `<account>_tables` came with its definitions."""
    return dg.AssetIn([account, name], input_manager_key=f"{account}_tables", metadata=which)


OPEN = {"columns": ["id", "current_stage_id", "remote_created_at"], "where": {"outcome": "PENDING"}}
STAGE = {"columns": ["id", "name"]}


@dg.asset(
    group_name="reports",
    ins={
        "acme": table("applications", "acme", **OPEN),
        "acme_stages": table("application_stages", "acme", **STAGE),
        "umbrella": table("applications", "umbrella", **OPEN),
        "umbrella_stages": table("application_stages", "umbrella", **STAGE),
    },
)
def open_applications(
    acme: pd.DataFrame, acme_stages: pd.DataFrame, umbrella: pd.DataFrame, umbrella_stages: pd.DataFrame
) -> dg.Output[pd.DataFrame]:
    """Open applications by account, stage, and the week in which they came (its Monday)."""
    rows = pd.concat({"acme": acme, "umbrella": umbrella}, names=["account"]).reset_index("account")
    stages = pd.concat([acme_stages, umbrella_stages]).set_index("id")["name"]  # ids differ between accounts
    came = rows["remote_created_at"].dt.tz_localize(None).dt.to_period("W").dt.start_time
    counted = (
        rows.assign(stage=rows["current_stage_id"].map(stages), week=came)
        .groupby(["account", "stage", "week"], dropna=False)
        .size()
        .reset_index(name="applications")
    )
    return dg.Output(counted, metadata={"dagster/row_count": len(counted), "latest": shown(counted.tail(10))})


def shown(rows: pd.DataFrame) -> dg.TableMetadataValue:
    """Rows as the UI shows them. There are no people among them: metadata stays in Dagster's event log."""
    return dg.MetadataValue.table(
        [dg.TableRecord(each) for each in rows.astype(str).to_dict("records")],
        dg.TableSchema([dg.TableColumn(name) for name in rows]),
    )


@dg.asset_check(asset=open_applications)
def every_stage_is_known(open_applications: pd.DataFrame) -> dg.AssetCheckResult:
    """An open application is in a stage that is in the table of stages."""
    unknown = int(open_applications.loc[open_applications["stage"].isna(), "applications"].sum())
    return dg.AssetCheckResult(passed=not unknown, metadata={"applications": unknown})


HIRED = {"columns": ["id", "remote_updated_at"], "where": {"outcome": "HIRED"}}


@dg.asset(
    group_name="reports",
    ins={name: table("applications", name, **HIRED) for name in ("acme", "umbrella")},
    # Made by itself whenever a sync has changed one of its inputs: a delta tells Dagster of those tables only
    # whose rows it changed. Who looks is `default_automation_condition_sensor`: switch it on in Automation.
    automation_condition=dg.AutomationCondition.eager(),
)
def hires(acme: pd.DataFrame, umbrella: pd.DataFrame) -> dg.MaterializeResult:
    """How many were hired, by account. The numbers are in its metadata, so the UI plots them over time."""
    return dg.MaterializeResult(metadata={"acme": len(acme), "umbrella": len(umbrella)})
