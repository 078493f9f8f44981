"""`dg dev` on the project in the working directory, with its webserver behind our check.

`dg dev` starts Dagster's own webserver, which has no place for a check: without one, any page on the web
could start actions through it. So ours takes its place, with the same options.
"""

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from lever_assets.settings import Settings
from lever_assets.ui import log
from lever_assets.ui.listening import Place, UiError
from lever_assets.ui.outset import begun
from lever_assets.ui.quiet import in_place_of, quiet_code_servers, quietly
from lever_assets.ui.web import ending_signals, interrupted

_OWN = "dagster_webserver"
_OURS = "lever_assets.ui.webserver"


def serve_with_dg(settings: Settings, place: Place, log_level: str = "info") -> None:
    """Run `dg dev` until Ctrl-C or SIGTERM, after what `serve` sees to beforehand.

    Raises UiError if it can't be served, or if one of Dagster's processes ended by itself.
    """
    dg = _dg()
    place.listen(with_password=settings.ui_password is not None).close()  # the webserver takes it
    with interrupted() as ended, ExitStack() as stack:
        log.configure(log_level)
        begun(settings, stack)
    if not ended.is_set:
        words = ["dev", "--host", place.host, "--port", str(place.port), "--log-level", log_level]
        with quiet_code_servers(), _our_webserver():
            _run(dg, words)


def _dg() -> Callable[..., Any]:
    """Return the command `dg`; raises UiError where it is not installed."""
    try:
        from dagster_dg_cli.cli import cli  # noqa: PLC0415 - it need not be installed
    except ImportError:
        raise UiError("dg is not installed: pip install dagster-dg-cli, or leave --with-dg out") from None
    command: Callable[..., Any] = cli.main
    return command


def _run(dg: Callable[..., Any], words: list[str]) -> None:
    for each in ending_signals():
        signal.signal(each, signal.default_int_handler)
    try:
        code = dg(words, prog_name="dg", auto_envvar_prefix="DAGSTER_DG", standalone_mode=False)
    except SystemExit as end:
        code = end.code
    except click.ClickException as error:
        raise UiError(f"dg dev: {error.format_message()}") from None
    except (KeyboardInterrupt, click.Abort):
        return
    if code:
        raise UiError("dg dev has ended: see what it wrote above")


@contextmanager
def _our_webserver() -> Iterator[None]:
    """Have `dg dev` start our webserver in the place of Dagster's; it fails if that can't be."""
    from dagster._cli import dev  # noqa: PLC0415 - only this command needs it

    with in_place_of(dev, "open_ipc_subprocess", _starting):
        yield


def _starting(start: Callable[..., Any]) -> Callable[..., Any]:
    def starting(words: Sequence[str], **options: Any) -> Any:
        match words:
            case [_, "-m", name, *others] if name == _OWN:
                return start(quietly([sys.executable, "-m", _OURS, *others]), **options)
            case [_, "-m", "dagster._daemon", *_]:
                return start(quietly(words), **options)
        raise UiError("this version of dg dev starts what is not known here: leave --with-dg out")

    return starting
