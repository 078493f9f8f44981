"""The second account, in Python: the same thing with the same names, for who would rather write that.

Two calls are merged here, one for each account, so each has sensors and schedules of its own. Both accounts
may as well be in one call, and then share them.
"""

import dagster as dg

from lever_assets import LeverAccount, LeverDatabase, build_lever_definitions


@dg.definitions
def umbrella() -> dg.Definitions:
    return build_lever_definitions(
        LeverAccount(
            name="umbrella",
            api_key=dg.EnvVar("UMBRELLA_LEVER_API_KEY"),
            base_url=dg.EnvVar("UMBRELLA_LEVER_URL"),
            sync_start="2026-01-01",
            sync_window="monthly",
        ),
        # One database for both: each row says in `connection` which account it is of.
        database=LeverDatabase(url=dg.EnvVar("LEVER_DATABASE_URL")),
        owners=["team:people"],
        include_actions=False,  # this one is only read
    )
