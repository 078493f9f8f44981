"""offer_acceptance: what becomes of offers.

Counted is an offer, in the month in which it was made (`remote_created_at`), whenever it was decided.
"""

import pandas as pd

from lever_assets.insight.marts import common
from lever_assets.insight.marts.common import UNIT, Frames
from lever_assets.insight.marts.types import types_of
from lever_assets.unified.enums import OfferStatus
from lever_assets.unified.marts import OfferAcceptance

_DECIDED = {
    "accepted": OfferStatus.ACCEPTED,
    "declined": OfferStatus.DECLINED,
    "withdrawn": OfferStatus.ABANDONED,
}


def facts(frames: Frames) -> pd.DataFrame:
    """Return a row for each offer."""
    offers = frames["offers"].dropna(subset=["remote_created_at"])
    jobs = frames["applications"][["id", "job_id"]].rename(columns={"id": "application_id"})
    found = common.with_department(offers.merge(jobs, on="application_id", how="left"), frames["jobs"])
    became = {name: (found["status"] == status).fillna(False) for name, status in _DECIDED.items()}
    return found.assign(
        **{UNIT: found["id"]},
        month=common.month_of(found["remote_created_at"]),
        job_id=common.known(found["job_id"]),
        **{name: each.astype("Int64") for name, each in became.items()},
    )[[UNIT, "month", "job_id", "department", *_DECIDED]]


def mart(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mart of these facts."""
    rows = common.counted(
        found,
        ["month", "job_id"],
        department=("department", "first"),
        offers=(UNIT, "size"),
        **{name: (name, "sum") for name in _DECIDED},
    )
    decided = rows["accepted"] + rows["declined"]
    told = rows.assign(
        undecided=rows["offers"] - decided - rows["withdrawn"], rate=common.rate(rows["accepted"], decided)
    )
    return common.typed(told, types_of(OfferAcceptance))
