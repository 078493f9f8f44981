"""What an error says on the command line: one line, with the remedy."""

import os


def in_one_line(error: Exception) -> str:
    """Return the sentence of an expected error; of any other its kind and place, and how to see more."""
    # Only when something fails.
    from lever_assets.sync.failing import expected, sentence, with_notes  # noqa: PLC0415

    if isinstance(error, CommandError):
        return " ".join(str(error).split())
    told = sentence(error)
    if not (expected(error) or told.endswith(".")):
        told = f"{told}; run it again with --debug to see more"
    return with_notes(told, error)


def in_words(error: OSError) -> str:
    """Return the system's words for an error, without the details that Python adds."""
    return os.strerror(error.errno) if error.errno else str(error)


class CommandError(Exception):
    """A command can't go on; its text is one sentence with the remedy."""
