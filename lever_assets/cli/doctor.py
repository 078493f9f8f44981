"""`doctor`: everything that a connection needs, and where to mend what is missing."""

import textwrap
from collections.abc import Iterator
from itertools import groupby
from typing import Annotated

import typer

from lever_assets.cli import output
from lever_assets.cli.accounts import settings_named
from lever_assets.cli.lazy import command_app
from lever_assets.orchestration.home import found_home
from lever_assets.prerequisites.examining import examine
from lever_assets.prerequisites.findings import Finding, Group, Report, Verdict
from lever_assets.settings import Settings

app = command_app()

_WIDTH = 110
_COLOURS = {Verdict.FINE: "green", Verdict.CANT_TELL: "yellow", Verdict.NOT_NEEDED: "bright_black"}


@app.command()
def doctor(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="Name of the connection; without, the default one.", show_default=False
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as one JSON object.")] = False,
) -> None:
    """Say what a connection needs and whether it is there.

    Asks Lever for each permission with one small request, looks at its settings, at this machine, the
    database and Dagster, and says of what is missing where to mend it. Writes nothing to Lever. Exits with
    1 if something that is required is missing, or nobody answers for it.
    """
    settings = settings_named(name, "doctor")
    report = examine(settings).and_of(_of_dagster(settings))
    if as_json:
        output.as_json(report.as_json())
    else:
        for line in _lines(report) if report.is_connected else _at_first(report):
            typer.echo(line)
    if report.fails:
        raise typer.Exit(1)


def _of_dagster(settings: Settings) -> list[Finding]:
    home = found_home(settings)
    if home is None:
        detail = "There is neither DAGSTER_HOME nor a dagster.yaml: Dagster was not used here yet."
        why = "Dagster keeps the tables fresh by itself; a sync by the command line does without."
        return [Finding(Group.DAGSTER, "home", Verdict.CANT_TELL, why, detail, required=False)]
    from lever_assets.orchestration.prerequisites import of_home  # noqa: PLC0415 - Dagster takes seconds

    return of_home(settings, home)


def _lines(report: Report) -> Iterator[str]:
    """Yield the report: a line for each finding; below it, or several like it, where to mend it."""
    yield f"The connection {report.connection!r}"
    width = max(len(each.subject) for each in report.findings)
    for group in Group:
        findings = report.of(group)
        if findings:
            yield f"\n{group}"
        for below, several in groupby(findings, _below):
            yield from (f"  {each.subject:<{width}}  {_verdict(each)}" for each in several)
            for paragraph in below:
                yield textwrap.fill(paragraph, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    yield f"\n{report.summary} Requests to Lever: {report.requests}."


def _at_first(report: Report) -> Iterator[str]:
    """Yield what is to be done first where no account is connected: of the rest nothing can be told."""
    yield from _lines(report.of_what_blocks())
    yield "Call doctor again when an account is connected: it then asks Lever for each permission."


def _verdict(finding: Finding) -> str:
    """Return the verdict and what stands beside it; of what is fine, what was found."""
    colour = _COLOURS.get(finding.verdict, "red" if finding.required else "yellow")
    colour = "red" if finding.is_open else colour
    beside = f"  {finding.detail}" if finding.verdict is Verdict.FINE and finding.detail else ""
    note = f" ({finding.note})" if finding.note else ""
    return f"{typer.style(finding.verdict.words, fg=colour)}{note}{beside}"


def _below(finding: Finding) -> tuple[str, ...]:
    """Return what is told below; of what the settings leave out nothing that nobody can see to."""
    left_out = finding.verdict is Verdict.NOT_NEEDED and not finding.remedy
    return () if finding.verdict is Verdict.FINE or left_out else finding.told
