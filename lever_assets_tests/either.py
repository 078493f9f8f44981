"""A database of either kind, for folders whose tests have PostgreSQL only when there is more time."""

import pytest

POSTGRESQL_LATER = ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]


@pytest.fixture(params=POSTGRESQL_LATER)
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a new database; what differs on PostgreSQL is tested with the store, the rest with more time."""
    return str(request.getfixturevalue(f"{request.param}_database"))
