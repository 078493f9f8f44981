"""An account counts as read when a sync has read and mapped all of it, not before, and from then on."""

import pytest

from lever_assets.lever import LeverError
from lever_assets.sandbox import Sandbox
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.standing import was_read_whole
from lever_assets_tests.sync.tables import Account, unified_tables


def is_read(session: Session) -> bool:
    with session.reading() as tx:
        return was_read_whole(tx)


@pytest.mark.parametrize("scope", [Scope(), Scope(delta=True)])
def test_it_is_read_when_the_first_sync_has_ended(account: Account, scope: Scope) -> None:
    with account.session() as session:
        meanwhile: list[bool] = []
        sync(session, scope, on_report=lambda _: meanwhile.append(is_read(session)))
        assert not any(meanwhile)
        assert is_read(session)


def test_it_stays_read_when_more_is_wanted(account: Account) -> None:
    account.sync()
    meanwhile: list[bool] = []
    with account.session(extra_models=("notes",)) as session:
        assert is_read(session)
        sync(session, Scope(delta=True), on_report=lambda _: meanwhile.append(is_read(session)))
    assert all(meanwhile)
    assert unified_tables(account.database)["notes"]


def test_a_sync_that_could_not_read_a_list_is_none(account: Account, sandbox: Sandbox) -> None:
    sandbox.set_faults("500,path=/requisitions")
    with account.session() as session:
        with pytest.raises(LeverError):
            sync(session, Scope())
        assert not is_read(session)
        sandbox.set_faults()
        sync(session, Scope(delta=True))
        assert is_read(session)
