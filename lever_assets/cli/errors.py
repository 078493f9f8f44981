"""The error that a command ends with of its own accord, and the system's words for its own."""

import os


def in_words(error: OSError) -> str:
    """Return the system's words for an error, without the details that Python adds."""
    return os.strerror(error.errno) if error.errno else str(error)


class CommandError(Exception):
    """A command can't go on; its text is one sentence with the remedy."""
