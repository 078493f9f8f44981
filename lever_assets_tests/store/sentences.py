"""What every error of the store is held to."""

import pytest

from lever_assets.store import StoreError

SECRET = "s3cr3t-of-ours"


def told(error: pytest.ExceptionInfo[StoreError]) -> str:
    """The sentence, after a look that it is one and that no link of the chain tells the password."""
    said = str(error.value)
    assert said == f"{error.value.problem}; {error.value.remedy}."
    assert "\n" not in said
    link: BaseException | None = error.value
    while link is not None:
        assert SECRET not in f"{link} {link!r}"
        link = link.__cause__ or link.__context__
    return said
