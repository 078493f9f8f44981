"""Counts what the database is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


class Statements:
    """A running count of this process's statements."""

    def __init__(self) -> None:
        self.count = 0

    def hear(self, *_told: Any) -> None:
        """One more is about to be executed."""
        self.count += 1


@contextmanager
def counted_statements() -> Iterator[Statements]:
    """Count the statements to any database for as long as the block lasts."""
    statements = Statements()
    event.listen(Engine, "before_cursor_execute", statements.hear)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", statements.hear)
