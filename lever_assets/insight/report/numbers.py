"""The numbers of the report: small tables, each of which a picture shows as well. Counts come from the marts.

Medians can't be added up: they are made here over the whole period, by the same rules and from the same
tables as those of the marts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd

from lever_assets.insight.marts import aging, common, eeo
from lever_assets.unified.marts import EEO, MONTH

MONTHS = 12
"""The report looks back so many months, the present one included."""
MOST = 12
"""So many sources, interviewers or requisitions are shown."""
WAITING = {"up to 7 days": 7, "8 to 14": 14, "15 to 30": 30, "31 to 90": 90, "longer": 10**6}
OTHERS = "all others"
NOBODY_SAYS = "not said"
NOT_KNOWN = "–"


@dataclass(frozen=True)
class Known:
    """What the report is made of: the marts by name, facts with days by mart, and what ids are called.

    `at` is the instant for which it is made, `codes` are those of requisitions; `shortcomings` say by mart
    why it does not count all.
    """

    at: datetime
    marts: Mapping[str, pd.DataFrame]
    facts: Mapping[str, pd.DataFrame]
    users: Mapping[str, str]
    requisitions: Mapping[str, str]
    codes: Mapping[str, str] = field(default_factory=dict)
    shortcomings: Mapping[str, str] = field(default_factory=dict)

    @property
    def months(self) -> list[str]:
        """The months that it looks back at, the oldest first."""
        return months_before(self.at)

    def knows(self, mart: str) -> bool:
        """Tell whether a mart that says nothing means that there is nothing."""
        return mart not in self.shortcomings or not self.marts[mart].empty

    def lately(self, mart: str) -> pd.DataFrame:
        """Return the rows of a mart that are of these months."""
        rows = self.marts[mart]
        return rows[rows[MONTH].isin(self.months)]

    def facts_lately(self, mart: str) -> pd.DataFrame:
        """Return the facts of a mart that are of these months."""
        rows = self.facts[mart]
        return rows[rows[MONTH].isin(self.months)]


def months_before(at: datetime) -> list[str]:
    """Return the months up to that of an instant, as many as the report looks back, the oldest first."""
    months = [at.year * 12 + at.month - 1 - back for back in range(MONTHS)]
    return [f"{each // 12:04d}-{each % 12 + 1:02d}" for each in reversed(months)]


def funnel(known: Known) -> pd.DataFrame:
    """Return for each stage how many entered and passed it."""
    rows = known.lately("funnel").assign(stage=lambda rows: rows["stage_name"].fillna("(a former stage)"))
    found = rows.groupby(["stage_index", "stage"], dropna=False)[["entered", "passed"]].sum().reset_index()
    found = found.sort_values("stage_index", na_position="last")
    return found.assign(rate=common.rate(found["passed"], found["entered"]))[
        ["stage", "entered", "passed", "rate"]
    ].reset_index(drop=True)


def time_in_stage(known: Known) -> pd.DataFrame:
    """Return for each stage how many visits ended, and how long they took."""
    facts = known.facts_lately("time_in_stage")
    facts = facts.assign(stage=facts["stage_name"].fillna("(a former stage)"))
    by = ["stage_index", "stage"]
    found = common.counted(facts, by, visits=("days", "size"))
    found = found.merge(common.quantiles(facts, by, "days"), on=by)
    return found.sort_values("stage_index", na_position="last")[
        ["stage", "visits", "median_days", "p90_days"]
    ].reset_index(drop=True)


def time_to_hire(known: Known) -> pd.DataFrame:
    """Return for each month how many were hired, and how long it took."""
    return _by_month(known, "time_to_hire", "hires")


def time_to_fill(known: Known) -> pd.DataFrame:
    """Return for each month how many requisitions were filled, and how long it took."""
    return _by_month(known, "time_to_fill", "filled")


def _by_month(known: Known, mart: str, count: str) -> pd.DataFrame:
    facts = known.facts_lately(mart)
    found = common.counted(facts, [MONTH], **{count: (MONTH, "size")})
    found = found.merge(common.quantiles(facts, [MONTH], "days"), on=MONTH)
    found = pd.DataFrame({MONTH: pd.Series(known.months, dtype="string")}).merge(found, how="left", on=MONTH)
    return found.assign(**{count: found[count].astype("Int64").fillna(0)})


def sources(known: Known) -> pd.DataFrame:
    """Return for each source what became of its candidates; the smaller ones together."""
    counts = ["candidates", "interviewed", "offered", "hired"]
    rows = known.lately("source_effectiveness")
    rows = rows.assign(source=rows["source"].replace({"": NOBODY_SAYS}))
    found = rows.groupby("source")[counts].sum().reset_index()
    found = _largest(found, "source", "candidates", counts)
    return found.assign(rate=common.rate(found["hired"], found["candidates"]))


def interviewers(known: Known) -> pd.DataFrame:
    """Return for each interviewer how much they interviewed; those with less together."""
    counts = ["interviews", "canceled", "hours"]
    rows = known.lately("interviewer_load")
    found = rows.groupby("user_id")[counts].sum().reset_index()
    found = found.assign(interviewer=_named(found["user_id"], known.users))
    return _largest(found[["interviewer", *counts]], "interviewer", "interviews", counts)


def offers(known: Known) -> pd.DataFrame:
    """Return for each month what became of the offers that were made."""
    counts = ["accepted", "declined", "withdrawn", "undecided"]
    found = known.lately("offer_acceptance").groupby(MONTH)[counts].sum().reset_index()
    found = pd.DataFrame({MONTH: pd.Series(known.months, dtype="string")}).merge(found, how="left", on=MONTH)
    found = found.assign(**{name: found[name].astype("Int64").fillna(0) for name in counts})
    decided = found["accepted"] + found["declined"]
    return found.assign(rate=common.rate(found["accepted"], decided))


def waiting(known: Known) -> pd.DataFrame:
    """Return for each stage how many open applications wait in it, by how long."""
    rows = known.marts["aging"]
    days = aging.days(rows, known.at).clip(lower=0).fillna(0)
    label = pd.cut(days.astype("float64"), [-1, *WAITING.values()], labels=list(WAITING))
    stage = rows["stage_name"].fillna("(a former stage)")
    index = rows["stage_index"].astype("float64")
    found = pd.crosstab([index.fillna(10**6), stage], label).reindex(columns=list(WAITING), fill_value=0)
    found.columns = pd.Index([str(each) for each in found.columns])
    found = found.reset_index(names=["index", "stage"]).drop(columns="index")
    return found.assign(all=found[list(WAITING)].sum(axis=1))


def coverage(known: Known) -> pd.DataFrame:
    """Return the open requisitions that have the fewest open applications for each that is to be hired."""
    rows = known.marts["pipeline_coverage"].dropna(subset=["coverage"])
    found = rows.assign(
        requisition=_told_apart(rows["requisition_id"], known.requisitions, known.codes),
        department=common.known(rows["department"]),
    ).sort_values(["coverage", "requisition"])
    columns = ["requisition", "department", "headcount_open", "applications", "coverage"]
    return found[columns].head(MOST).reset_index(drop=True)


def answers(known: Known) -> pd.DataFrame:
    """Return how each EEO question was answered in the newest year there is, the largest groups first."""
    rows = known.marts[EEO.name]
    rows = rows[rows["year"] == rows["year"].max()]
    found: pd.DataFrame = rows.assign(
        last=rows["answer"] == eeo.OTHERS,
        question=pd.Categorical(rows["question"], eeo.QUESTIONS),
        answer=rows["answer"].replace({eeo.OTHERS: OTHERS}),
    ).sort_values(["question", "last", "answers", "answer"], ascending=[True, True, False, True])
    found = found.assign(question=found["question"].astype("string"))
    return found[["answer", "question", "year", "answers"]].reset_index(drop=True)


def _named(ids: pd.Series, names: Mapping[str, str]) -> pd.Series:
    """Return what ids are called; one that has no name is called by itself."""
    return pd.Series([names.get(each, each) for each in ids], index=ids.index, dtype="string")


def _told_apart(ids: pd.Series, names: Mapping[str, str], codes: Mapping[str, str]) -> pd.Series:
    """Return what requisitions are called: by their codes first where several have one name, or none."""
    called = _named(ids, {**codes, **names})
    code = pd.Series([codes.get(each, "") for each in ids], index=ids.index, dtype="string")
    alike = called.duplicated(keep=False) & (code != "")
    return called.mask(alike, (code + " " + called).str.strip())


def _largest(rows: pd.DataFrame, name: str, by: str, counts: Sequence[str]) -> pd.DataFrame:
    """Return the rows with the most of something; all others are one row together."""
    ordered = rows.sort_values([by, name], ascending=[False, True]).reset_index(drop=True)
    if len(ordered) <= MOST:
        return ordered
    rest = ordered.iloc[MOST - 1 :]
    last = pd.DataFrame([{name: f"{OTHERS} ({len(rest)})", **rest[list(counts)].sum().to_dict()}])
    return pd.concat([ordered.iloc[: MOST - 1], last], ignore_index=True).astype(rows.dtypes.to_dict())


@dataclass(frozen=True)
class Headline:
    """A figure at the top of the page, and what it is."""

    figure: str
    of: str


def headlines(known: Known) -> list[Headline]:
    """Return the figures that stand above all; a dash for what is not known."""
    hires = time_to_hire(known)
    days = known.facts_lately("time_to_hire")["days"].dropna()
    made = offers(known)
    decided = int((made["accepted"] + made["declined"]).sum())
    accepted = int(made["accepted"].sum())
    long = known.marts["aging"]["since"] < pd.Timestamp(known.at - timedelta(days=30))

    def count(mart: str, number: int) -> str:
        return f"{number:,}" if known.knows(mart) else NOT_KNOWN

    return [
        Headline(count("aging", len(known.marts["aging"])), "open applications"),
        Headline(count("aging", int(long.fillna(False).sum())), "of them wait longer than 30 days"),
        Headline(count("time_to_hire", int(hires["hires"].sum())), f"hires in {MONTHS} months"),
        Headline(NOT_KNOWN if days.empty else f"{float(days.quantile(0.5)):,.0f}", "days to hire (median)"),
        Headline(f"{accepted / decided:.0%}" if decided else NOT_KNOWN, "of decided offers accepted"),
        Headline(count("pipeline_coverage", len(known.marts["pipeline_coverage"])), "open requisitions"),
    ]
