"""Commands of which only the name and a line of help are known until they are called.

Typer and the list of commands are there in a tenth of a second; what some commands work with takes seven
times as long to import. So a command's module, with its imports at its top, is imported when it is called.
"""

import gc
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


def command_app() -> typer.Typer:
    """Return what a module registers its commands with: its `app`."""
    return typer.Typer(add_completion=False, rich_markup_mode=None)


class LazyCommand(TyperCommand):
    """A command that is in the `app` of a module; for its place in a group, `help` is enough."""

    def __init__(self, name: str, module: str, help: str) -> None:
        super().__init__(name, short_help=help, rich_markup_mode=None)
        self.module = module

    def load(self) -> Any:
        """Import the module and return the command itself; `main` has the collector wait for that."""
        module = import_module(self.module)
        gc.freeze()
        gc.enable()
        return typer.main.get_group(module.app).commands[str(self.name)]

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Hand the call on: whatever is read from the command line, the command itself reads."""
        return self.load().make_context(info_name, args, parent, **extra)


class _Family(TyperGroup):
    """A group of commands; `usual` is the one that is meant where none is named."""

    usual: LazyCommand | None = None

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Hand the call to the usual command unless a command, or the help, is asked for."""
        named = bool(args) and (not args[0].startswith("-") or args[0] in {"-h", "--help"})
        if self.usual is None or named or extra.get("resilient_parsing"):
            return super().make_context(info_name, args, parent, **extra)
        return self.usual.make_context(info_name, args, parent, **extra)


def family(name: str, help: str, *members: LazyCommand | TyperGroup, usual: str | None = None) -> TyperGroup:
    """Return a group of commands; `usual` names the member that is meant where none is named."""
    group = _Family(
        name=name,
        help=help,
        commands=list(members),
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.usual = next(
        (each for each in members if isinstance(each, LazyCommand) and each.name == usual), None
    )
    return group
