"""The log of the UI's own processes, which looks as that of `dagster dev`."""

import logging

from dagster._utils.log import configure_loggers

LOG = logging.getLogger("dagster-webserver")


def configure(log_level: str) -> None:
    """Have Dagster's loggers, and ours, write from this level on."""
    configure_loggers(log_level=log_level.upper())
