"""Taking over an application that was not created here: as if it had been, it is one of ours from then on.

With LEVER_ONLY_CREATED it is kept like those that actions make; without it is only remembered as one of them.
Nothing is written to Lever, so there is no row in the ledger: done twice it is the same.
"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from sqlalchemy import select

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.errors import KNOWN, ActionError, invalid, of_failure, unexpected
from lever_assets.actions.engine.input_model import InputPart, LeverId
from lever_assets.actions.engine.resolving import Resolver
from lever_assets.lever import JsonObject, LeverClient, NotFoundError
from lever_assets.lever.resources import APPLICATIONS, OPPORTUNITIES
from lever_assets.mapping.rules.dates import as_text
from lever_assets.store import created
from lever_assets.store.created import Created
from lever_assets.store.tables import UNIFIED
from lever_assets.sync.fetch.singles import ask_inside, ask_single, unexpanded
from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets.sync.session import Session
from lever_assets.unified.ids import REMOTE

_TRACKED = "tracked"
"""Stands for the action in `created_records`, as `imported` does for what a file brought."""


def _text(value: object) -> object:
    if value is not None and not isinstance(value, str):
        raise ValueError("write a time such as 2026-01-31T12:00:00.000Z")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("write a time that there is") from None


class TrackedBy(InputPart):
    """Which application it is: by its own id, or by the id of its opportunity."""

    id_type: Literal["application_remote_id", "opportunity_id"] = Field(
        description="Which of the two ids is given"
    )
    application_remote_id: LeverId | None = Field(
        None, description="Lever's id of the application, which has to be in the tables"
    )
    opportunity_id: LeverId | None = Field(None, description="Lever's id of the opportunity")

    @model_validator(mode="after")
    def _has_its_id(self) -> Self:
        if getattr(self, self.id_type) is None:
            raise ValueError(f"give {self.id_type}, as id_type says")
        return self


class Tracked(InputPart):
    """An application to take over."""

    tracked_at: Annotated[datetime, BeforeValidator(_text), AfterValidator(_in_utc)] | None = Field(
        None, description="When it was tracked; the answer repeats it"
    )
    lever: TrackedBy = Field(description="Which application of Lever's it is")


def track(session: Session, asked: Tracked, *, patience: float | None = None) -> ActionAnswer:
    """Keep an application and its candidate as created through this connector, and bring the tables up to it.

    The answer is {id, tracked_at, imported_id}, with a warning where the tables lack it all the same, as with
    a cutoff; whatever goes wrong is told by the answer, not raised. Where Lever takes no requests, it is
    waited for `patience` seconds (None: as long as that takes).
    """

    async def alone() -> ActionAnswer:
        async with session.client(urgent=True, patience=patience) as lever:
            return await _taken_over(lever, session, asked)

    try:
        return asyncio.run(alone())
    except KNOWN as error:
        return ActionAnswer.failed(of_failure(error))
    except Exception as error:
        return ActionAnswer.failed(unexpected(error), cause=error)


async def _taken_over(lever: LeverClient, session: Session, asked: Tracked) -> ActionAnswer:
    opportunity, application = await _found(lever, session, asked.lever)
    with session.writing() as tx:
        session.hold(tx)
        at = asked.tracked_at or tx.instant
        ours = [("applications", application), ("candidates", opportunity)]
        created.note(tx, [Created(model, remote_id, _TRACKED, at) for model, remote_id in ours])
    report = await refresh_opportunities(lever, session, [opportunity], below=())
    for error in report.failed.values():
        raise error  # it is kept: the same call again reads it
    ours_id = session.mapping.id("applications", application)
    data: JsonObject = {"id": ours_id, "tracked_at": as_text(asked.tracked_at), "imported_id": {}}
    if _is_listed(session, ours_id):
        return ActionAnswer(data=data)
    why = Resolver(lever, session).left_out_by("applications", is_ours=True) or "the next sync tells why"
    lacking = (
        f"It counts as created through this connector, but no list shows it, as the tables lack it: {why}."
    )
    return ActionAnswer(data=data, warnings=(lacking, *report.warnings))


def _is_listed(session: Session, application: str) -> bool:
    """Tell whether an application (our id) is in the tables, and not as one that is gone or left out."""
    c = UNIFIED["applications"].c
    query = select(c.id).where(
        c.connection == session.name, c.id == application, c.remote_deleted_at.is_(None)
    )
    with session.reading() as tx:
        return tx.sql.execute(query).first() is not None


async def _found(lever: LeverClient, session: Session, by: TrackedBy) -> tuple[str, str]:
    """Return Lever's ids of the opportunity and of its application; raises ActionError if there is none."""
    wanted = None
    opportunity = by.opportunity_id or ""
    if by.id_type == "application_remote_id":
        wanted = by.application_remote_id
        opportunity = _opportunity_of(lever, session, str(wanted))
    params = {"expand": APPLICATIONS.name}
    try:
        record = await ask_single(lever, OPPORTUNITIES, opportunity, params)
    except NotFoundError:
        raise _unknown(f"Lever has no opportunity {opportunity}.") from None
    listed = record.get(APPLICATIONS.name)
    if unexpanded([record], APPLICATIONS):
        listed = [*await ask_inside(lever, APPLICATIONS, record)]
    made = {
        str(each["id"]): str(each.get("createdAt"))
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict) and each.get("id") and wanted in {None, each["id"]}
    }
    if not made:
        what = "no application" if wanted is None else f"no application {wanted} any more"
        raise _unknown(f"The opportunity {opportunity} has {what} in Lever.")
    return opportunity, max(made, key=lambda each: (made[each], each))


def _opportunity_of(lever: LeverClient, session: Session, application: str) -> str:
    try:
        return Resolver(lever, session).application(f"{REMOTE}{application}").opportunity
    except ActionError:
        raise _unknown(
            f"The tables have no application {application}, and Lever can't tell whose it is: name its "
            "opportunity, with id_type opportunity_id and opportunity_id."
        ) from None


def _unknown(message: str) -> ActionError:
    return invalid("Unknown application", message)
