"""The step of the page in which somebody chooses the stage for assessments, and sees the tags of packages."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from lever_assets.api.afterwards import tell
from lever_assets.api.asking import Parts
from lever_assets.assessment.ordering import begin
from lever_assets.assessment.stages import named_among
from lever_assets.assessment.tags import Tags
from lever_assets.connect.connections import set_own
from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.lever import JsonObject, LeverError
from lever_assets.store import assessments, raw
from lever_assets.store.accounts import any_account
from lever_assets.sync.session import Session

_STAGE = "assessment_stage"
_PATIENCE = 3.0
"""Seconds that Lever is waited for when it takes no requests: somebody looks at the page."""

_log = logging.getLogger("lever_assets.api")


class NoStagesError(Exception):
    """Lever did not give its stages, so that none can be chosen just now."""


@dataclass(frozen=True)
class StageChoice:
    """The stages of an account, by id and name, and which is chosen; `tags` name the packages.

    `may_be_none`: that no stage is chosen means that nobody is assessed, since the server has none either.
    """

    stages: list[tuple[str, str]]
    chosen: str | None
    tags: list[str]
    may_be_none: bool


def is_offered(parts: Parts, connection: str) -> bool:
    """Tell whether assessments are offered to a stored connection: by packages, or by what is configured."""
    settings = parts.settings.of(connection)
    with parts.store.reading(connection) as tx:
        if any_account(tx) is None:
            return False
        in_force = Session.within(tx, parts.store, settings).settings
        return bool(
            in_force.assessment_stage or in_force.assessment_default_package or assessments.packages(tx)
        )


def stage_choice(parts: Parts, connection: str) -> StageChoice | None:
    """Return what is to be chosen; None: assessments are not offered, or the account has no stage.

    Raises NoStagesError where Lever had to be asked, and did not tell within some seconds.
    """
    if not is_offered(parts, connection):
        return None
    of_server = parts.settings.of(connection)
    session = Session.over(parts.store, of_server)
    with session.reading() as tx:
        records = [{**each.data, "id": each.remote_id} for each in raw.all_live(tx, "stages")]
        packages = assessments.packages(tx)
    stages = _named(records or _asked_for(session))
    if not stages:
        return None
    tags = Tags(session.settings.assessment_tag_prefix)
    in_force = session.settings.assessment_stage
    return StageChoice(
        stages=sorted(stages.items(), key=lambda stage: stage[1].casefold()),
        chosen=None if in_force is None else next(iter(sorted(named_among(stages, in_force))), None),
        tags=sorted(tags.of(each.name) for each in packages),
        may_be_none=of_server.assessment_stage is None,
    )


def keep_stage(parts: Parts, connection: str, chosen: str) -> None:
    """Keep the stage that was chosen by its id, "" for none; one that was not to be chosen is left alone.

    It becomes a setting of the connection's own, as `lever-assets connections set` makes it. Raises
    NoStagesError as `stage_choice`; nothing is kept then.
    """
    choice = stage_choice(parts, connection)
    if choice is None or chosen == (choice.chosen or "") or chosen not in {"", *dict(choice.stages)}:
        return
    settings = parts.settings.of(connection)
    set_own(parts.store, settings, connection, {_STAGE: chosen or None})
    begin(Session.over(parts.store, settings))
    tell(parts.store, settings)


def _asked_for(session: Session) -> list[JsonObject]:
    """Return Lever's stages of an account that was not read yet; raises NoStagesError."""

    async def listed() -> list[JsonObject]:
        async with session.client(urgent=True, patience=_PATIENCE) as lever:
            return await lever.list_all("/stages")

    try:
        return asyncio.run(listed())
    except (LeverError, ConnectionTroubleError) as error:
        _log.warning("no stage for assessments can be chosen: %s", " ".join(str(error).split()))
        raise NoStagesError from None


def _named(records: Iterable[JsonObject]) -> dict[str, str]:
    named = ((each.get("id"), each.get("text")) for each in records)
    return {ident: name for ident, name in named if isinstance(ident, str) and isinstance(name, str)}
