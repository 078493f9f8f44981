"""Whom and what assessment orders are about, from the unified tables."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from lever_assets.store.dialects import among
from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import Transaction
from lever_assets.unified.models import JsonObject


@dataclass(frozen=True)
class Person:
    """A candidate: their name, and the first of their addresses and numbers."""

    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True)
class Job:
    """A job, by our id; the other fields are the columns of `jobs`."""

    id: str
    remote_id: str | None
    name: str | None
    job_code: str | None
    description: str | None
    location: JsonObject | None


@dataclass(frozen=True)
class Member:
    """A user on a job's hiring team, with the roles held there."""

    remote_id: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    roles: list[str]


def is_mapped(tx: Transaction, application: str) -> bool:
    """Tell whether an application (our id) is in the tables."""
    c = UNIFIED["applications"].c
    return tx.sql.execute(select(c.id).where(c.id == application)).first() is not None


def people(tx: Transaction, candidates: Collection[str]) -> dict[str, Person]:
    """Return these candidates, by our id."""
    c = UNIFIED["candidates"].c
    columns = (c.id, c.first_name, c.last_name, c.email_addresses, c.phone_numbers)
    rows = tx.sql.execute(select(*columns).where(among(tx.sql, c.id, candidates)))
    return {
        row.id: Person(
            row.first_name,
            row.last_name,
            _first(row.email_addresses, "email_address"),
            _first(row.phone_numbers, "phone_number"),
        )
        for row in rows
    }


def jobs(tx: Transaction, applications: Collection[str]) -> dict[str, Job]:
    """Return the job of each of these applications that has one, by our id of the application."""
    a, c = UNIFIED["applications"].c, UNIFIED["jobs"].c
    columns = (c.id, c.remote_id, c.name, c.job_code, c.description, c.location)
    query = select(a.id.label("application"), *columns).join_from(
        UNIFIED["applications"], UNIFIED["jobs"], a.job_id == c.id
    )
    return {row[0]: Job(*row[1:]) for row in tx.sql.execute(query.where(among(tx.sql, a.id, applications)))}


def teams(tx: Transaction, of: Collection[str]) -> dict[str, list[Member]]:
    """Return the hiring team of each of these jobs (our ids)."""
    m, u = UNIFIED["job_hiring_team_members"].c, UNIFIED["users"].c
    columns = (m.job_id, u.remote_id, u.email, u.first_name, u.last_name, m.roles)
    query = select(*columns).join_from(
        UNIFIED["job_hiring_team_members"], UNIFIED["users"], m.user_id == u.id
    )
    these = (among(tx.sql, m.job_id, of), m.remote_deleted_at.is_(None))
    found: dict[str, list[Member]] = {}
    for row in tx.sql.execute(query.where(*these).order_by(m.id)):
        member = Member(row.remote_id, row.email, row.first_name, row.last_name, row.roles or [])
        found.setdefault(row.job_id, []).append(member)
    return found


def _first(listed: object, name: str) -> str | None:
    some = listed if isinstance(listed, list) else []
    found = (each.get(name) for each in some if isinstance(each, dict))
    return next((each for each in found if isinstance(each, str) and each), None)
