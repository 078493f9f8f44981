"""Findings, by their subject."""

from collections.abc import Iterable

from lever_assets.prerequisites.findings import Finding, Group, Report, Verdict

PERMISSIONS = (Group.READING, Group.WRITING)


def one(report: Report, subject: str) -> Finding:
    """Return the finding on a subject; there is just one."""
    (finding,) = (each for each in report.findings if each.subject == subject)
    return finding


def subjects(report: Report, verdict: Verdict, groups: Iterable[Group] = PERMISSIONS) -> set[str]:
    """Return the subjects of these groups of which the verdict is this."""
    return {each.subject for group in groups for each in report.of(group) if each.verdict is verdict}
