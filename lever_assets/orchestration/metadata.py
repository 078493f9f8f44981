"""What a materialization reports: counts, traffic, a preview."""

from collections.abc import Mapping

import dagster as dg

from lever_assets.orchestration.saying import for_events
from lever_assets.store.reads import Preview
from lever_assets.sync.reports import DeriveReport, LandReport

_CELL = 60
"""Characters of a preview's cell."""

Metadata = Mapping[str, dg.MetadataValue | str | int | float]


def landed(report: LandReport, live: int, database: str) -> Metadata:
    """Return what landing a resource reports; `live` is the number of rows in its table now."""
    counts, traffic = report.counts, report.traffic
    told: dict[str, dg.MetadataValue | str | int | float] = {
        "dagster/row_count": live,
        "covers": report.scope,
        "seen": counts.seen,
        "inserted": counts.inserted,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "deleted": counts.deleted,
        "left_out": counts.left_out,
        "without_id": report.set_aside,
        "unread": report.unread.count,
        "requests": traffic.requests,
        "requests_rejected": traffic.rejected,
        "seconds_waited_for_rate_limit": round(traffic.seconds_waited, 2),
        "seconds_waited_to_try_again": round(traffic.seconds_held, 2),
        "seconds": round(report.seconds, 2),
        "database": database,
    }
    if report.embedded is not None:
        inside = report.embedded
        told["applications"] = (
            f"{inside.seen:,} seen, {inside.inserted:,} inserted, {inside.updated:,} updated, "
            f"{inside.unchanged:,} unchanged, {inside.deleted:,} deleted"
        )
    if report.drift is not None:
        told["drift"] = ", ".join(f"{count:,} {kind}" for kind, count in report.drift.items()) or "none"
    if report.skipped:
        told["skipped"] = for_events(report.skipped)
    if report.unread.next_at is not None:
        told["unread_tried_again_at"] = dg.MetadataValue.timestamp(report.unread.next_at)
    if report.warnings:
        told["warnings"] = "\n".join(map(for_events, report.warnings))
    return told


def derived(report: DeriveReport, preview: Preview, database: str) -> Metadata:
    """Return what deriving a model reports."""
    counts = report.counts
    return {
        "dagster/row_count": report.rows,
        "seen": counts.seen,
        "inserted": counts.inserted,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "deleted": counts.deleted,
        "left_out": counts.left_out,
        "unmappable": report.unmappable,
        "in_part": report.in_part,
        "seconds": round(report.seconds, 2),
        "database": database,
        "preview": dg.MetadataValue.md(table(preview)),
    }


def table(preview: Preview) -> str:
    """Return the preview as a Markdown table, without lists and objects; long cells are cut."""
    if not preview.rows:
        return "No rows yet."
    plain = [
        place
        for place in range(len(preview.columns))
        if not any(isinstance(row[place], list | dict) for row in preview.rows)
    ]
    lines = [
        [preview.columns[place] for place in plain],
        ["---"] * len(plain),
        *([_cell(row[place]) for place in plain] for row in preview.rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    """Return a value as the text of a Markdown cell: one line, no bars, no HTML."""
    text = "" if value is None else " ".join(str(value).split())
    cut = text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"
    return cut.replace("|", "\\|").replace("<", "&lt;")
