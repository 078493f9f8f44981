"""What an error that ends a command says: one line, with the remedy."""

from lever_assets.cli.errors import CommandError
from lever_assets.sync.failing import expected, sentence, with_notes


def in_one_line(error: Exception) -> str:
    """Return the sentence of an expected error; of any other its kind and place, and how to see more."""
    if isinstance(error, CommandError):
        return " ".join(str(error).split())
    told = sentence(error)
    if not (expected(error) or told.endswith(".")):
        told = f"{told}; run it again with --debug to see more"
    return with_notes(told, error)
