"""Assessments in Dagster: ordered, and told to Lever, in the ticks of the sensor of notices."""

import logging
from collections.abc import Sequence

from lever_assets.assessment.ordering import take_orders
from lever_assets.assessment.telling import tell_lever
from lever_assets.orchestration.rounds import Told, one_by_one
from lever_assets.orchestration.ticks import Budget
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.assessments import switched_on
from lever_assets.sync.session import Session


def see_to_assessments(
    store: Store, accounts: Sequence[Settings], budget: Budget, log: logging.Logger
) -> None:
    """Order for whoever arrived, and tell Lever what is due, of the accounts where it is switched on."""
    with store.reading("") as tx:
        stored = switched_on(tx)
    some = [each for each in accounts if each.assessment_stage is not None or each.connection in stored]

    def look(account: Settings) -> Told:
        if budget.left:
            session = Session.over(store, account)
            take_orders(session)
            tell_lever(session, seconds=budget.left)
        return Told()

    one_by_one(some, look, log)
