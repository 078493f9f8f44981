"""The marts with what makes them: to each declaration of `unified/marts.py` its module."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from lever_assets.insight.marts import (
    aging,
    funnel,
    interviewer_load,
    offer_acceptance,
    pipeline_coverage,
    source_effectiveness,
    time_in_stage,
    time_to_fill,
    time_to_hire,
)
from lever_assets.insight.marts.common import Frames
from lever_assets.unified.marts import BY_NAME, Mart


@dataclass(frozen=True)
class Made:
    """How a mart is made: `facts` of the tables, a row for each thing counted, and `rows` of these."""

    mart: Mart
    facts: Callable[[Frames], pd.DataFrame]
    rows: Callable[[pd.DataFrame], pd.DataFrame]

    def of(self, frames: Frames) -> pd.DataFrame:
        """Return the whole mart of these tables, without the connection, by its key."""
        return self.rows(self.facts(frames))


MADE: dict[str, Made] = {
    name: Made(BY_NAME[name], module.facts, module.mart)
    for name, module in (
        ("funnel", funnel),
        ("time_in_stage", time_in_stage),
        ("time_to_hire", time_to_hire),
        ("time_to_fill", time_to_fill),
        ("source_effectiveness", source_effectiveness),
        ("interviewer_load", interviewer_load),
        ("offer_acceptance", offer_acceptance),
        ("aging", aging),
        ("pipeline_coverage", pipeline_coverage),
    )
}
"""By name, in the order of the declarations."""
