"""What the sandbox needs for an account of its own making."""

from benchmarks.account import served
from benchmarks.figures import figure, heading, megabytes


def run(opportunities: int) -> None:
    """Print what making the account took."""
    heading(f"The sandbox makes an account of {opportunities:,} opportunities")
    with served(opportunities) as lever:
        figure("seconds", lever.seconds)
        figure("peak memory in MB", megabytes(lever.memory))
        figure("file in MB", megabytes(lever.file.stat().st_size))
