"""The executor of the project. Jobs of lever_assets run in one process all the same, and make many tables."""

import dagster as dg


@dg.definitions
def executor() -> dg.Definitions:
    return dg.Definitions(executor=dg.multiprocess_executor.configured({"max_concurrent": 2}))
