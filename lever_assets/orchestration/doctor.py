"""The job that looks at everything a connection needs, with its report to read in the UI."""

import dagster as dg

from lever_assets.orchestration.config import connection_field
from lever_assets.orchestration.failures import for_events, in_one_sentence
from lever_assets.orchestration.hosted import Hosted
from lever_assets.orchestration.jobs import op_job
from lever_assets.orchestration.names import DOCTOR_JOB, EXAMINE_OP
from lever_assets.orchestration.prerequisites import of_instance
from lever_assets.prerequisites.examining import examine
from lever_assets.prerequisites.findings import Finding, Group, Report

_DESCRIPTION = (
    "Looks at everything that a connection needs: the key, each permission by Lever's name, what is set in "
    "Lever, this machine, the database, Dagster. Fails when something that is required is missing, "
    "or nobody answers for it."
)


def doctor_job(hosted: Hosted) -> dg.JobDefinition:
    """Return the job `lever_doctor`."""

    @dg.op(
        name=hosted.called(EXAMINE_OP),
        description=_DESCRIPTION,
        config_schema=connection_field(hosted.settings),
        required_resource_keys=hosted.resource_keys,
    )
    def examine_connection(context: dg.OpExecutionContext) -> None:
        with in_one_sentence():
            asked = hosted.named(hosted.in_force(context), context.op_config)
            report = examine(asked).and_of(of_instance(asked, context.instance))
        told: dict[str, dg.RawMetadataValue] = {
            "report": dg.MetadataValue.md(markdown(report)),
            "missing": list(report.missing),
            "unanswered": list(report.unanswered),
            "requests": report.requests,
        }
        if report.fails:
            raise dg.Failure(report.summary, metadata=told, allow_retries=False)
        context.add_output_metadata(told)

    return op_job(hosted.called(DOCTOR_JOB), examine_connection, hosted=hosted, description=_DESCRIPTION)


def markdown(report: Report) -> str:
    """Return a report as Markdown: a table for each group, what is not fine with its reason and remedy.

    Of what Lever said only words of the API are left, since Dagster keeps its events for ever.
    """
    parts = [f"**{report.summary}**"]
    for group in Group:
        rows = [_row(each) for each in report.of(group)]
        if rows:
            parts.append("\n".join((f"### {group}", "", "| | | |", "| --- | --- | --- |", *rows)))
    return "\n\n".join(parts)


def _row(finding: Finding) -> str:
    verdict = f"**{finding.verdict.words}**" if finding.blocks else finding.verdict.words
    note = f" ({finding.note})" if finding.note else ""
    return f"| {_cell(finding.subject)} | {verdict}{note} | {_cell(for_events(' '.join(finding.told)))} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
