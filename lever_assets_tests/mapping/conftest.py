"""What all mapping tests share."""

import pytest

from lever_assets.mapping.context import Context


@pytest.fixture
def ctx() -> Context:
    """The context of the connection "lever"."""
    return Context("lever")
