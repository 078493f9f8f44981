"""SQL that gives the same as each mart, on either database: for those who want to see, or do it themselves.

The two differ in how a month and days are written. In `sql/<mart>.sql` these stand as MONTH(instant) and
DAYS(start, end); QUANTILES(days, place, total) stands for the two columns of median and 90 %.
"""

import re
from importlib.resources import files

_MONTH = re.compile(r"MONTH\(((?:[^()]|\([^()]*\))*)\)")
_DAYS = re.compile(r"DAYS\(((?:[^(),]|\([^()]*\))*), ((?:[^()]|\([^()]*\))*)\)")
_QUANTILES = re.compile(r"QUANTILES\((\w+), (\w+), (\w+)\)")
_BOTH = (
    r"AVG(CASE WHEN \2 IN ((\3 + 1) / 2, (\3 + 2) / 2) THEN \1 END) AS median_days,"
    "\n"
    r"    SUM(CASE \2 - 1 - (\3 - 1) * 9 / 10 WHEN 0 THEN \1 * (1.0 - (\3 - 1) * 9 % 10 / 10.0)"
    "\n"
    r"        WHEN 1 THEN \1 * ((\3 - 1) * 9 % 10 / 10.0) END) AS p90_days"
)
_WRITTEN = {
    "sqlite": (r"substr(\1, 1, 7)", r"(julianday(\2) - julianday(\1))"),
    "postgresql": (
        r"to_char(\1 AT TIME ZONE 'UTC', 'YYYY-MM')",
        r"(CAST(EXTRACT(EPOCH FROM \2 - \1) AS double precision) / 86400)",
    ),
}
DIALECTS: tuple[str, ...] = tuple(_WRITTEN)
"""The databases, as SQLAlchemy calls them."""


def sql_of(mart: str, dialect: str) -> str:
    """Return the SQL that gives the rows of a mart, of all connections, in the words of a database."""
    text = (files("lever_assets.insight") / "sql" / f"{mart}.sql").read_text("utf-8")
    month, days = _WRITTEN[dialect]
    return _QUANTILES.sub(_BOTH, _DAYS.sub(days, _MONTH.sub(month, text)))
