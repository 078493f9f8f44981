"""What was written into a record by hand ends no look whether Lever's events are silent."""

import pytest
from pydantic import JsonValue

from lever_assets.sync.silence import _moved


@pytest.mark.parametrize("data", [[], [1], "text", None, 5])
def test_what_is_no_opportunity_has_not_moved(data: JsonValue) -> None:
    assert list(_moved(data)) == []


def test_what_is_one_has() -> None:
    assert len(list(_moved({"lastAdvancedAt": 1_700_000_000_000, "archived": [1]}))) == 1
