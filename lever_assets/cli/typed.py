"""How our command is typed where it runs, so that a hint can be copied as it stands."""

import shlex
import shutil
import sys
from pathlib import Path

from lever_assets.settings import checkout

_NAME = "lever-assets"


def typed() -> str:
    """Return what our command is called by from the working directory: its name, else its path.

    A name that leads to another installation is no name of ours. Where there is no such file,
    the package is run by its interpreter.
    """
    own = Path(sys.executable).with_name(_NAME)
    found = shutil.which(_NAME)
    if not own.exists():
        return f"{shlex.quote(sys.executable)} -m lever_assets"
    if found is not None and Path(found).samefile(own):
        return _NAME
    here = Path.cwd()
    return shlex.quote(str(own.relative_to(here) if own.is_relative_to(here) else own))


def made_by(target: str) -> str:
    """Return how `make` does the same, to be said beside it; nothing where there is no Makefile of ours."""
    return f" (or: make {target})" if checkout() == Path.cwd() else ""
