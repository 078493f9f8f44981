"""Orders as the unified API tells of them: with whom and what they are about, as the tables have it now."""

from collections.abc import Sequence

from lever_assets.lever import JsonObject
from lever_assets.mapping.context import Context
from lever_assets.store import assessed
from lever_assets.store.assessed import Job, Member, Person
from lever_assets.store.assessments import Order
from lever_assets.store.transaction import Transaction
from lever_assets.unified.enums import RoleType

_TOLD_ROLES = (RoleType.RECRUITER.value, RoleType.HIRING_MANAGER.value)
_PLACE = ("street_1", "street_2", "city", "state", "zip_code", "country", "raw")
_NOBODY = Person(None, None, None, None)
_NO_JOB = Job("", None, None, None, None, None)


def shown(tx: Transaction, ctx: Context, orders: Sequence[Order]) -> list[JsonObject]:
    """Return these orders as JSON, in their order, by a fixed number of statements.

    Of somebody who was erased nothing is told but Lever's ids: the address, which has to be a text, is blank.
    """
    people = assessed.people(tx, {ctx.id("candidates", each.opportunity) for each in orders})
    jobs = assessed.jobs(tx, {ctx.id("applications", each.application) for each in orders})
    teams = assessed.teams(tx, {each.id for each in jobs.values()})
    return [
        {
            "id": each.id,
            "package_id": each.package_id,
            "status": each.status.value,
            "candidate": _candidate(each, people.get(ctx.id("candidates", each.opportunity), _NOBODY)),
            "application": {"remote_id": each.application},
            "job": _job(jobs.get(ctx.id("applications", each.application), _NO_JOB), teams),
        }
        for each in orders
    ]


def _candidate(order: Order, person: Person) -> JsonObject:
    return {
        "remote_id": order.opportunity,
        "email": person.email or "",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "phone": person.phone,
    }


def _job(job: Job, teams: dict[str, list[Member]]) -> JsonObject:
    place = job.location
    return {
        "remote_id": job.remote_id,
        "name": job.name,
        "job_code": job.job_code,
        "description": job.description,
        "location": None if place is None else {name: place.get(name) for name in _PLACE},
        "hiring_team": [_member(each) for each in teams.get(job.id, [])],
    }


def _member(member: Member) -> JsonObject:
    return {
        "remote_id": member.remote_id,
        "email": member.email,
        "first_name": member.first_name,
        "last_name": member.last_name,
        "hiring_team_roles": [each for each in _TOLD_ROLES if each in member.roles],
    }
