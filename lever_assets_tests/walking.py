"""Which files others than their owner may read."""

import stat
from pathlib import Path


def open_to_others(folder: Path) -> dict[str, str]:
    """Return what in a folder, itself included, others have a right to, with its mode."""
    found = [folder, *folder.rglob("*")]
    modes = {str(each): stat.S_IMODE(each.lstat().st_mode) for each in found if not each.is_symlink()}
    return {name: oct(mode) for name, mode in modes.items() if mode & 0o077}


def left_by_an_earlier_version(folder: Path) -> None:
    """Make a data folder that everybody may read, with what was in it."""
    for name in ("lever.db.lever.lock", "0a.pace", "dagster/storage/a/compute_logs/x.err", "demo/dagster/x"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        path.chmod(0o644)
    for each in [folder, *folder.rglob("*")]:
        if each.is_dir():
            each.chmod(0o755)
