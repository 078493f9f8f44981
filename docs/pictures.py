"""Takes the pictures of the documentation: `make pictures`. It needs a Chromium, and takes some minutes.

It serves made-up accounts, starts the real UI on them in a folder that is thrown away, has Dagster read the
accounts, and has a browser show the pages: of the demo, and of the example project. `make demo` is shown as a
terminal has it. Look at what it took before you keep it. `python -m docs.pictures hiring` takes some alone.
"""

import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from pydantic import SecretStr

from docs import terminal
from docs.browser import Window, opened
from docs.hiring import hiring
from docs.served import Dagster, served, unset
from lever_assets.api.page.texts import texts
from lever_assets.cli.demo_home import DemoHome
from lever_assets.connect.environments import Addresses
from lever_assets.connect.links import Language
from lever_assets.connect.oauth import App, OAuthServer
from lever_assets.insight.finishing import finish_sync
from lever_assets.insight.report.writing import write_report
from lever_assets.policy.exclusion import NOTHING_EXCLUDED
from lever_assets.prerequisites.permissions import to_grant
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.api.linking import linking
from lever_assets_tests.connect.browser import CHROMIUM
from lever_assets_tests.connect.connecting import settings_of

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
LOCATION = "lever_assets"


@dataclass(frozen=True)
class Picture:
    """A page of the UI: its file, where it is, what stands on it when it is whole, and how large it is.

    Of a page that `opens` a dialog, by a click on the text, that is taken, and at most so much of its height;
    the other text stands in it. `does` is a script to run on a page first, and what stands there then.
    """

    name: str
    path: str
    shows: tuple[str, ...]
    size: tuple[int, int]
    opens: tuple[str, str, int] | None = None
    does: tuple[str, str] | None = None


def after_sync(this_month: str) -> tuple[Picture, ...]:
    """Return what is taken once the account was read; `this_month` is the key of the window that is open."""
    asset = "/assets/lever/applications"
    window = urlencode({"view": "partitions", "partition": this_month})
    return (
        Picture("first-page", "/", ("Timeline", "lever_full_sync"), (1240, 360)),
        Picture(
            "asset", f"{asset}?{window}", ("Materialized (4)", "dagster/partition_row_count"), (1000, 674)
        ),
        Picture("checks", f"{asset}?view=checks", ("Succeeded", "Passed"), (1140, 590)),
        Picture("catalog", "/assets", ("lever / applications", "4 partitions"), (1240, 716)),
        Picture("overview", asset, ("Latest check results", "Passing", "remote_id"), (1320, 693)),
    )


_FORM = """\
ops:
  create_application:
    config:
      candidate:
        first_name: Iris
        last_name: Moreau
        email_address: iris.moreau@example.com
        location:
          city: Lyon
          country: FR
      job_id: remote:bf001e3e-ad99-403b-93bd-b673181230ae
      source:
        name: Careers fair
      dry_run: true
"""
_JOB = f"/locations/{LOCATION}/jobs/create_application_job/playground/setup"
_SENSOR = f"/locations/{LOCATION}/sensors/lever_delta"
AFTER_DELTA = (
    Picture("runs", "/runs", ("lever_full_sync", "lever_delta", "Success"), (1240, 480)),
    Picture(
        "cause",
        "/runs",
        ("lever_delta", "View all tags (9)"),
        (900, 600),
        ("View all tags (9)", "code_location", 400),
    ),
    Picture("ticks", _SENSOR, ("0 runs requested", "1 run requested"), (1240, 766)),
    Picture(
        "skip-reason", _SENSOR, ("0 runs requested",), (1000, 700), ("0 runs requested", "Skip reason", 200)
    ),
    Picture(
        "launchpad",
        f"{_JOB}?{urlencode({'config': _FORM})}",
        ("Iris", "No errors", "No missing config", "Launch Run"),
        (1240, 880),
        # Beside the field that the cursor is in stands what all fields around it mean.
        does=("document.querySelector('.CodeMirror').CodeMirror.setCursor(6, 12)", "Main e-mail address"),
    ),
)


_OURS = "/assets/open_applications"
HIRING = (
    Picture(
        "hiring-lineage",
        f"{_OURS}?view=lineage&lineageScope=neighbors",
        ("acme", "umbrella", "reports", "application_stages", "open_applications"),
        (900, 900),
    ),
    # So high that the path of what it made, in a folder of this machine, is not on it.
    Picture("hiring-asset", _OURS, ("Latest check results", "Row count", "Recruiter screen"), (1320, 802)),
)


def main(only: Sequence[str]) -> None:
    """Take all pictures anew, or those of `demo`, `terminal`, `hiring`, `connecting`, `report` only."""
    if CHROMIUM is None:
        sys.exit("Pictures are taken by Chromium, which this machine has not.")
    failed: list[str] = []
    # The browser may still write into its profile while that is removed.
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        opened(Path(scratch) / "profile") as window,
    ):
        for name, taking in _ALL.items():
            if not only or name in only:
                folder = Path(scratch) / name
                folder.mkdir()
                failed += taking(window, folder)
    sys.exit("\n\n".join(failed) or 0)


def of_demo(window: Window, folder: Path) -> list[str]:
    """Take those of the demo's account; returns why some could not be taken."""
    config = SandboxConfig(opportunities=150, rate=0, now=datetime.now(UTC))
    with running_sandbox(config) as sandbox:
        take_consent(window, sandbox, folder)
        with demo(folder, sandbox) as dagster:
            window.fold_navigation(dagster.address)
            dagster.run("lever_full_sync")
            failed = take_all(window, dagster, after_sync(f"{datetime.now(UTC):%Y-%m}-01"))
            sandbox.touch(0.05)
            dagster.await_runs(2)
            dagster.await_idle_tick("lever_delta")
            return failed + take_all(window, dagster, AFTER_DELTA)


def of_hiring(window: Window, folder: Path) -> list[str]:
    """Take those of the example project; returns why some could not be taken."""
    with hiring(folder) as dagster:
        window.fold_navigation(dagster.address)
        return take_all(window, dagster, HIRING)


def of_terminal(_: Window, folder: Path) -> list[str]:
    """Draw what `make demo` writes in a terminal, as if the checkout were in anybody's home."""
    command = [str(Path(sys.executable).with_name("lever-assets")), "demo"]
    told = terminal.written(command, ROOT, {**unset(), "LEVER_DATA_DIR": str(folder / "data")})
    told = told.replace(str(folder.resolve()), "/home/you/lever_assets")
    told = re.sub(r"(127\.0\.0\.1):\d+", r"\1:41234", told)  # a free port, another each time
    drawn = terminal.drawn(f"$ make demo\n{told.rstrip()}\n\n", "make demo")
    (IMAGES / "demo.svg").write_text(drawn, encoding="utf-8")
    return []


def of_connecting(window: Window, folder: Path) -> list[str]:
    """Take those of the page on which end users connect: at a desk, in the dark, and on a telephone."""
    with linking(f"sqlite:///{folder / 'lever.db'}", folder) as here:
        for name, size, language, scheme in _CONNECTING:
            window.prefer(scheme)
            heading = texts(language)["heading.connect"]
            window.show(here.link(language=language.value), size, (heading,))
            window.keep(IMAGES / f"{name}.png", whole=True)
    window.prefer("light")
    return []


def of_report(window: Window, folder: Path) -> list[str]:
    """Take the beginning of a report, at a desk and on a telephone by night; of an account of some size."""
    config = SandboxConfig(opportunities=2000, rate=0, now=datetime.now(UTC))
    with running_sandbox(config) as sandbox:
        settings = Settings(
            connection="acme",
            api_key=SecretStr(sandbox.key),
            base_url=sandbox.url,
            rate_limit=0,
            data_dir=folder,
        )
        with Session.open(settings) as session:
            sync(session, Scope())
            finish_sync(session, Scope())
            write_report(session, folder / "report.html", datetime.now(UTC))
    page = (folder / "report.html").as_uri()
    for name, size, scheme in (("report", (1180, 900), "light"), ("report-phone", (390, 900), "dark")):
        window.prefer(scheme)
        window.show(page, size, ("How far candidates come",))
        window.keep(IMAGES / f"{name}.png")
    window.prefer("light")
    return []


_CONNECTING = (
    ("connect-page", (760, 400), Language.EN, "light"),
    ("connect-page-dark", (760, 400), Language.EN, "dark"),
    ("connect-page-phone", (360, 400), Language.DE, "light"),
)
_ALL = {
    "demo": of_demo,
    "terminal": of_terminal,
    "hiring": of_hiring,
    "connecting": of_connecting,
    "report": of_report,
}


def take_all(window: Window, dagster: Dagster, pictures: Iterable[Picture]) -> list[str]:
    """Take each picture; returns why some could not be taken: the others are there all the same."""
    failed = []
    for each in pictures:
        try:
            take(window, dagster.address, each)
        except (TimeoutError, AssertionError) as error:
            failed.append(f"{each.name}: {error}")
    return failed


def take(window: Window, address: str, picture: Picture) -> None:
    """Show a page, wait until it is whole, and keep its picture."""
    window.show(f"{address}{picture.path}", picture.size, picture.shows)
    if picture.does:
        script, shown = picture.does
        window.do(script, (shown,))
    tall = 0
    if picture.opens:
        text, shown, tall = picture.opens
        window.open_dialog(text, (shown,))
    window.keep(IMAGES / f"{picture.name}.png", dialog=tall)


def take_consent(window: Window, sandbox: Sandbox, folder: Path) -> None:
    """Keep the picture of the page on which the administrator of an account accepts."""
    settings = settings_of(sandbox, folder, f"sqlite:///{folder / 'none.db'}")
    server = OAuthServer(App.of(settings), Addresses(sandbox.url, sandbox.auth_url))
    scopes = [name for name, _ in to_grant(NOTHING_EXCLUDED, read_only=True)]
    page = server.ask(scopes).url
    window.show(page, (720, 400), ("asks for access", "Accept"))
    window.keep(IMAGES / "consent.png", whole=True)


@contextmanager
def demo(folder: Path, sandbox: Sandbox) -> Iterator[Dagster]:
    """Run the UI and its daemon on an account."""
    home = DemoHome(folder / "data", "the pictures")
    home.prepare()
    command = [sys.executable, "-m", "lever_assets", "ui", "--log-level", "warning"]
    env = home.environment(sandbox.url, sandbox.key, datetime.now(UTC).date())
    with served(command, home.folder, env, LOCATION) as dagster:
        yield dagster


if __name__ == "__main__":
    main(sys.argv[1:])
