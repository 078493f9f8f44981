"""The options of a command as one object, for a command that has many."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, TypeVar

Options = TypeVar("Options")


def taking(options: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Make a function of one object the function of a command: each field of the dataclass is an option."""

    def decorate(function: Callable[[Options], None]) -> Callable[..., None]:
        @wraps(function)
        def command(**given: Any) -> None:
            function(options(**given))

        command.__signature__ = signature(options)  # type: ignore[attr-defined]  # where Typer looks for options
        return command

    return decorate
