"""The report as a file."""

from datetime import datetime
from pathlib import Path

from lever_assets.frames.whole import whole
from lever_assets.insight.report.page import page
from lever_assets.insight.report.pictures import FONTS, keep_fonts_in
from lever_assets.insight.report.reading import read
from lever_assets.insight.standing import MADE_OF
from lever_assets.store import QuestionError
from lever_assets.sync.session import Session


def write_report(session: Session, file: Path, at: datetime) -> None:
    """Write the report of a session's account, as of an instant, into a file for its owner alone.

    Raises QuestionError where there are no marts to tell of, OSError if the file can't be written.
    """
    if not session.settings.insight:
        raise QuestionError(
            f"{session.account.setting('insight')} is false, so there are no marts",
            "set it to true, and sync",
        )
    keep_fonts_in(session.settings.data_dir / FONTS)
    with session.reading() as tx:
        made = MADE_OF.read(tx)
        if made is None or not made.marts:
            raise QuestionError(
                f"no marts were made yet for {session.name} in {session.store.name}",
                f"run {session.account.command('sync')} first",
            )
        text = page(read(tx, at, session.settings), session.name)
    with whole(file) as out:
        out.write(text.encode())
