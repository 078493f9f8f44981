"""What `connections remove` asks before it does it, and what it says when it is done."""

import sys
from dataclasses import dataclass, field

import typer

from lever_assets.cli.errors import CommandError
from lever_assets.connect.wording import connect_again
from lever_assets.lever.wording import counted


@dataclass(frozen=True)
class Removal:
    """What is removed; `rows`: so many live ones the unified tables have of it.

    `kind`: how it is, or was, connected (None: not known). `is_connected`: it was not removed before.
    `taken_down` are the events of its webhooks that were.
    """

    name: str
    rows: int
    kind: str | None
    erase: bool
    is_connected: bool
    taken_down: list[str] = field(default_factory=list)

    @property
    def question(self) -> str:
        """What is asked before."""
        ends = (
            "Its webhooks in Lever are taken down and its key or tokens deleted." if self.is_connected else ""
        )
        if self.erase:
            rows = (
                f"What was read of it ({self._rows}), and all else that is kept of it, is deleted for good."
            )
        else:
            rows = f"What was read of it ({self._rows}) stays under its name until {self._erasing}."
        return " ".join(filter(None, (ends, rows, f"Remove {self.name}?")))

    @property
    def done(self) -> str:
        """What is told afterwards."""
        if not self.is_connected:
            return f"What was kept of {self.name} ({self._rows}) is deleted; the name is free."
        told = [f"{self.name} is removed: its key or tokens are deleted."]
        if self.taken_down:
            told.append(f"Of its webhooks in Lever {len(self.taken_down)} are taken down.")
        if self.erase:
            told.append(f"What was read of it ({self._rows}) is deleted; the name is free.")
        else:
            connecting = connect_again(self.name, self.kind)
            told.append(
                f"What was read of it ({self._rows}) is kept until {self._erasing}; {connecting} connects it "
                "again."
            )
        return " ".join(told)

    @property
    def _rows(self) -> str:
        return counted(self.rows, "row")

    @property
    def _erasing(self) -> str:
        return f"`lever-assets connections remove {self.name} --erase`"


def ask(question: str) -> None:
    """Ask whether to go on, which ends the command if not; raises CommandError where nobody can be asked."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise CommandError(
            "nobody can be asked whether to do that, since standard input is no terminal: give --yes, and it "
            "is done without"
        )
    typer.confirm(question, abort=True, err=True)
