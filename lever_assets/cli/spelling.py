"""What is said of variables that look like settings and are none."""

from lever_assets.cli import output
from lever_assets.settings import misspelt


def warn_of_misspelt() -> None:
    """Write a warning for each, with the setting that may be meant."""
    for name, meant in misspelt().items():
        output.warn(f"{name} is no setting{f'; did you mean {meant}?' if meant else ''}")
