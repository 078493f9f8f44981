"""Files that come into being whole, for their owner alone: a kill in between leaves none of that name."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

_PART = ".part"


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that takes its name at the end of the block, in the place of one that has it.

    An exception leaves what was there. What somebody left who was killed goes. Where a link leads to is
    written, and the link stays. Raises OSError if it can't be written, as a device or a pipe: root would put
    a file in the place of /dev/null.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError("it is a device or a pipe, not a file")
    path = Path(os.path.realpath(path))  # as `resolve`, but a loop raises no error of another kind
    _clear(path)
    descriptor, name = mkstemp(prefix=f".{path.name}.", suffix=_PART, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # as long as we live: so others know
            yield file
            file.flush()
            os.fsync(file.fileno())
            Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _clear(path: Path) -> None:
    for part in path.parent.glob(f".{path.name}.*{_PART}"):
        with suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()
