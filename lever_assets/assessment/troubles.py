"""What of assessments somebody has to see to."""

from collections.abc import Iterator

from lever_assets.assessment.stages import stage_ids
from lever_assets.assessment.tags import named
from lever_assets.lever.wording import counted
from lever_assets.settings import Settings
from lever_assets.store import Store, assessments
from lever_assets.store.transaction import Transaction


def troubles(store: Store, settings: Settings) -> list[str]:
    """Return, in sentences, what of assessments somebody has to see to; settings are the account's own."""
    if settings.assessment_stage is None:
        return []
    with store.reading(settings.connection) as tx:
        waiting = assessments.waiting(tx)
        told = list(_doubts(tx, settings))
    if waiting.failing:
        orders = counted(waiting.failing, "assessment order")
        told.append(f"of {orders} something could not be written to Lever, and is tried again")
    if waiting.given_up:
        orders = counted(waiting.given_up, "assessment order")
        told.append(
            f"of {orders} something could not be written to Lever, and was given up; the column error of "
            "assessment_orders says why"
        )
    return told


def _doubts(tx: Transaction, settings: Settings) -> Iterator[str]:
    for name in ("assessment_stage", "assessment_result_stage"):
        stage = getattr(settings, name)
        if stage is not None and tx.current_version() and not stage_ids(tx, stage):
            yield f"there is no stage {stage!r} in Lever, as LEVER_{name.upper()} has it"
    default, offered = settings.assessment_default_package, assessments.packages(tx)
    if default is not None and offered and named(offered, default) is None:
        yield f"there is no package {default!r}, as LEVER_ASSESSMENT_DEFAULT_PACKAGE has it"
