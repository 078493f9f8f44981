"""How figures are printed."""

import multiprocessing
import os
import platform

_MB = 1_000_000


def heading(what: str) -> None:
    """Print what is measured, and on what: the load tells how busy the machine was with other things."""
    load = os.getloadavg()[0]
    python = f"Python {platform.python_version()}"
    print(
        f"{what}\n({python}, {multiprocessing.cpu_count()} processors, load {load:.1f} at the start)",
        flush=True,
    )


def figure(name: str, value: object, note: str = "") -> None:
    """Print one line; floats get one decimal, numbers their thousands."""
    match value:
        case float():
            shown = f"{value:,.1f}"
        case int():
            shown = f"{value:,}"
        case _:
            shown = str(value)
    print(f"  {name:<34}{shown:>12}  {note}".rstrip(), flush=True)


def megabytes(size: int) -> float:
    """Return bytes as MB (a million bytes)."""
    return size / _MB
