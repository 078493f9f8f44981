"""`python -m lever_assets.ui.quiet MODULE ...`: a process of Dagster's, which Ctrl-C ends without a word.

In a terminal Ctrl-C reaches each process. One that is about to start, or a code server that loads its
definitions or waits for its end, would say where it was torn out of that.
"""

import os
import runpy
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

_DAGSTER = "dagster"
_INTERRUPTED = 130


def quietly(words: Sequence[str]) -> Sequence[str]:
    """Return a command `python -m MODULE ...` that says nothing of Ctrl-C, if this Python is to run it."""
    python, *others = words
    if others[:1] == ["-m"] and Path(python).absolute() == Path(sys.executable).absolute():
        return [python, "-m", "lever_assets.ui.quiet", *others[1:]]
    return words


@contextmanager
def quiet_code_servers() -> Iterator[None]:
    """Have the code servers that are started in the block end without a word."""
    from dagster._grpc import server  # noqa: PLC0415 - the signal is to be seen to before anything is loaded

    with in_place_of(
        server, "open_ipc_subprocess", lambda start: lambda words, **o: start(quietly(words), **o)
    ):
        yield


@contextmanager
def in_place_of(whole: object, name: str, make: Callable[[Any], object]) -> Iterator[None]:
    """Put what is made of a part, of a module or class, in its place for the time of the block.

    Raises AttributeError where there is no such part.
    """
    own = getattr(whole, name)
    setattr(whole, name, make(own))
    try:
        yield
    finally:
        setattr(whole, name, own)


def _end(*_: object) -> None:
    # Not by an exception, which is lost where Python calls back, and told by whatever it tears up.
    os._exit(_INTERRUPTED)


def _serving(serve: Callable[..., None]) -> Callable[..., None]:
    """Leave the end of a code server that serves to whoever started it: others still ask it."""

    def serving(*args: Any) -> None:
        signal.signal(signal.SIGINT, lambda *_: None)
        serve(*args)

    return serving


@contextmanager
def _code_server() -> Iterator[None]:
    """Prepare for a code server, and for the one below it."""
    from dagster._core import errors  # noqa: PLC0415 - see above
    from dagster._grpc import server  # noqa: PLC0415

    with (
        quiet_code_servers(),
        # While definitions are loaded Dagster would take Ctrl-C for an error of theirs, and go on.
        in_place_of(errors, "raise_execution_interrupts", lambda _: nullcontext),
        in_place_of(server.DagsterGrpcServer, "serve", _serving),
    ):
        yield


def main() -> None:
    """Be the module that is named first, with the words that follow."""
    signal.signal(signal.SIGINT, _end)
    _, module, *words = sys.argv
    sys.argv = [module, *words]
    with _code_server() if module == _DAGSTER else nullcontext():
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
