"""Salary ranges of postings and requisitions."""

import re
from decimal import Decimal
from typing import NamedTuple

from lever_assets.lever.records import Salary
from lever_assets.mapping.rules.linked import REQUISITION_KEYS
from lever_assets.unified.enums import SalaryPeriod

# The first pattern that fits decides. Lever has per-year-salary, bi-week-salary, per-hour-wage, one-time, ...
_PERIODS: tuple[tuple[re.Pattern[str], SalaryPeriod | None], ...] = (
    (re.compile(r"\b(bi|semi|two|half)[ -]?month"), None),  # no period of ours: the text stays
    (re.compile(r"\b(bi|two)[ -]?week"), SalaryPeriod.TWO_WEEKS),
    (re.compile(r"\bsemi[ -]?week"), None),
    (re.compile("year"), SalaryPeriod.YEAR),
    (re.compile("month"), SalaryPeriod.MONTH),
    (re.compile("week"), SalaryPeriod.WEEK),
    (re.compile("day"), SalaryPeriod.DAY),
    (re.compile("hour"), SalaryPeriod.HOUR),
)

POSTED_KEYS = ("postings.salaryRange.min", "postings.salaryRange.max", *REQUISITION_KEYS)
"""What tells the posting's salary from the requisition's."""
SALARY_KEYS = ("requisitions.compensationBand.min", "requisitions.compensationBand.max", *POSTED_KEYS)


class Range(NamedTuple):
    """The salary columns of a job."""

    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    currency: str | None = None
    period: SalaryPeriod | str | None = None


def period(interval: str | None) -> SalaryPeriod | str | None:
    """Return the period that a salary covers; the text itself where none of ours fits."""
    if not interval:
        return None
    for pattern, found in _PERIODS:
        if pattern.search(interval.lower().replace("_", " ")):
            return found or interval
    return interval


def salary_range(*salaries: Salary | None) -> Range:
    """Return the first salary that has an amount."""
    for salary in salaries:
        if salary is not None and (salary.min is not None or salary.max is not None):
            return Range(salary.min, salary.max, salary.currency or None, period(salary.interval))
    return Range()
