"""A peer in an environment of its own, outside the project's."""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

_HERE = Path(__file__).parent


def installed(peer: str, folder: Path | None) -> Path:
    """Return the Python that has a peer, installed into `folder` (None: the user's cache) if it was not yet.

    What is installed stands in the peer's file of versions. CalledProcessError if that does not go.
    """
    wanted = _HERE / f"{peer}.txt"
    name = f"{peer}-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:8]}-{sys.implementation.cache_tag}"
    place = (folder or _cache()) / name
    python, ready = place / "bin" / "python", place / ".ready"
    if not ready.exists():
        print(f"Installing {peer} into {place} ...", flush=True)
        venv.create(place, clear=True, with_pip=True)
        install = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "-r", str(wanted))
        subprocess.run([str(python), *install], check=True)
        ready.touch()
    return python


def version(peer: str) -> str:
    """Return which version of a peer is measured."""
    lines = (_HERE / f"{peer}.txt").read_text("utf-8").splitlines()
    return next(line.removeprefix(f"{peer}==") for line in lines if line.startswith(f"{peer}=="))


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lever-assets" / "peers"
