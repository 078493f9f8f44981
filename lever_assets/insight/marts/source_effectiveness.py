"""source_effectiveness: what becomes of the candidates of each source.

Counted is a candidate, leads included, in the month in which they came (`remote_created_at`), whenever they
came further. An offer was sent when its status is SENT, ACCEPTED or DECLINED. Several interviews, offers or
applications of one candidate count once.
"""

import pandas as pd

from lever_assets.insight.marts import common
from lever_assets.insight.marts.common import UNIT, Frames
from lever_assets.insight.marts.types import types_of
from lever_assets.unified.enums import OfferStatus
from lever_assets.unified.marts import SourceEffectiveness

_SENT = [OfferStatus.SENT, OfferStatus.ACCEPTED, OfferStatus.DECLINED]


def facts(frames: Frames) -> pd.DataFrame:
    """Return a row for each candidate."""
    candidates = frames["candidates"].dropna(subset=["remote_created_at"])
    applications, interviews, offers = (frames[name] for name in ("applications", "interviews", "offers"))
    held = interviews[~interviews["canceled"].fillna(False)]
    sent = offers.loc[offers["status"].isin(_SENT), "application_id"]

    def among(ids: pd.Series) -> pd.Series:
        return candidates["id"].isin(ids.dropna()).astype("Int64")

    return candidates.assign(
        **{UNIT: candidates["id"]},
        month=common.month_of(candidates["remote_created_at"]),
        source=common.named(candidates["source"]),
        applied=among(applications["candidate_id"]),
        interviewed=among(held["candidate_id"]),
        offered=among(applications.loc[applications["id"].isin(sent), "candidate_id"]),
        hired=among(applications.loc[common.is_hired(applications), "candidate_id"]),
    )[[UNIT, "month", "source", "applied", "interviewed", "offered", "hired"]]


def mart(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mart of these facts."""
    rows = common.counted(
        found,
        ["month", "source"],
        candidates=(UNIT, "size"),
        applied=("applied", "sum"),
        interviewed=("interviewed", "sum"),
        offered=("offered", "sum"),
        hired=("hired", "sum"),
    )
    told = rows.assign(rate=common.rate(rows["hired"], rows["candidates"]))
    return common.typed(told, types_of(SourceEffectiveness))
