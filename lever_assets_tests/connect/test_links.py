"""A link for connecting leaves alone what others have connected meanwhile."""

import pytest

from lever_assets.connect.connections import EndUser
from lever_assets.connect.links import FlowError, Language, LinkType, Purpose, make_link
from lever_assets.connect.links import by_key as connect_by_link
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.accounts import stored_account
from lever_assets_tests.connect.connecting import by_key


def test_a_name_that_somebody_took_between_two_tries_stays_theirs(anywhere: tuple[Store, Settings]) -> None:
    store, settings = anywhere
    user = EndUser("Initech", "it@initech.example", "7")
    token = make_link(store, Purpose.CONNECT, LinkType.EMBEDDED, Language.EN, end_user=user)
    with pytest.raises(FlowError):
        connect_by_link(store, settings, token.get_secret_value(), "wrong")
    theirs = by_key(store, settings, "initech")

    link = connect_by_link(store, settings, token.get_secret_value(), "sandbox-key")

    assert link.connection == "initech_2"
    with store.reading("initech") as tx:
        assert stored_account(tx) == theirs
