"""What an error says on the command line: one line, with the remedy."""

import os


def in_one_line(error: Exception) -> str:
    """Return the sentence of an expected error; of any other its kind, and how to see more."""
    # Imported here: a command that goes well does not need them.
    from lever_assets.connect.connection import NotConnectedError  # noqa: PLC0415
    from lever_assets.lever import LeverError  # noqa: PLC0415
    from lever_assets.settings import SettingsError  # noqa: PLC0415
    from lever_assets.store import StoreError  # noqa: PLC0415

    expected = LeverError | StoreError | NotConnectedError | SettingsError | CommandError
    if isinstance(error, expected):
        return " ".join(str(error).split())
    return f"something unexpected happened ({type(error).__name__}); run it again with --debug to see where"


def in_words(error: OSError) -> str:
    """Return the system's words for an error, without the details that Python adds."""
    return os.strerror(error.errno) if error.errno else str(error)


class CommandError(Exception):
    """A command can't go on; its text is one sentence with the remedy."""
