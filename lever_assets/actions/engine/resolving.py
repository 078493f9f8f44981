"""From the ids that callers give to Lever's: looked up in our tables, and in Lever what these lack."""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select

from lever_assets.actions.engine.errors import ActionError, invalid
from lever_assets.lever import JsonObject, LeverClient, NotFoundError, PermissionMissingError
from lever_assets.lever.records import ArchiveReason
from lever_assets.lever.resources import BY_NAME
from lever_assets.store import raw
from lever_assets.store.tables import RAW, UNIFIED
from lever_assets.store.transaction import now
from lever_assets.sync.fetch.singles import ask_single
from lever_assets.sync.session import Session
from lever_assets.unified.ids import REMOTE

_NONE = "Lever has none with this id"
_MODELS = {
    "candidates": "candidate",
    "applications": "application",
    "application_stages": "stage",
    "rejection_reasons": "rejection reason",
    "jobs": "job",
    "users": "user",
}


_LIMITED = frozenset({"candidates", "applications"})
"""The models that LEVER_CANDIDATE_CUTOFF and LEVER_ONLY_CREATED limit."""


@dataclass(frozen=True)
class Resolved:
    """A record that was found: our id, Lever's id, and the opportunity it belongs to (candidates: itself)."""

    id: str
    remote_id: str
    opportunity: str = ""


class Resolver:
    """Finds the records that an input names; raises ActionError that tells them apart."""

    def __init__(self, lever: LeverClient, session: Session) -> None:
        self._lever = lever
        self._session = session

    async def candidate(self, given: str) -> Resolved:
        """Return a candidate; one that only Lever knows yet is looked up there."""
        found = self._stored("candidates", given)
        if found is None:
            remote_id = self._remote_only("candidates", given)
            await self._ask("candidates", "opportunities", remote_id)
            found = Resolved(self._session.mapping.id("candidates", remote_id), remote_id)
        return Resolved(found.id, found.remote_id, found.remote_id)

    def application(self, given: str) -> Resolved:
        """Return an application. Lever can't tell whose it is, so it must be in the tables."""
        found = self._stored("applications", given)
        opportunity = None if found is None else self._opportunity_of(found.remote_id)
        if found is None or opportunity is None:
            raise self._unknown("applications", given)
        return Resolved(found.id, found.remote_id, opportunity)

    def only_application(self, candidate: Resolved) -> str | None:
        """Return the id of a candidate's application, if the tables have exactly one."""
        c = UNIFIED["applications"].c
        query = select(c.id).where(
            c.connection == self._session.name,
            c.candidate_id == candidate.id,
            c.remote_deleted_at.is_(None),
        )
        with self._session.reading() as tx:
            found = tx.sql.execute(query.limit(2)).scalars().all()
        return found[0] if len(found) == 1 else None

    async def stage(self, given: str) -> Resolved:
        """Return a stage of the pipeline."""
        found = self._stored("application_stages", given)
        if found is None:
            remote_id = self._remote_only("application_stages", given)
            await self._ask("application_stages", "stages", remote_id)
            found = Resolved(self._session.mapping.id("application_stages", remote_id), remote_id)
        return found

    async def rejection_reason(self, given: str) -> Resolved:
        """Return an archive reason that is not a hire."""
        found = self._stored("rejection_reasons", given)
        if found is not None:
            return found
        remote_id = self._remote_only("rejection_reasons", given)
        listed = await self._archive_reasons()
        reason = next((each for each in listed if each.get("id") == remote_id), None)
        if reason is None:
            raise self._unknown("rejection_reasons", given)
        if ArchiveReason.parse(reason).is_hired:
            raise invalid(
                "Not a rejection reason",
                f"The archive reason {remote_id} means that the candidate is hired; "
                "reject with one that means no hire.",
            )
        return Resolved(self._session.mapping.id("rejection_reasons", remote_id), remote_id)

    async def job(self, given: str) -> tuple[Resolved, JsonObject]:
        """Return a job with its posting as Lever has it now."""
        found = self._stored("jobs", given)
        remote_id = found.remote_id if found else self._remote_only("jobs", given)
        posting = await self._ask("jobs", "postings", remote_id)
        return Resolved(self._session.mapping.id("jobs", remote_id), remote_id), posting

    async def user(self, given: str) -> Resolved:
        """Return a user; Lever's id may stand without `remote:`."""
        found = self._stored_user(given)
        if found is None:
            found = self._user_of_lever(given)
            with suppress(PermissionMissingError):  # whether there is such a user is then for Lever to say
                await self._ask("users", "users", found.remote_id)
        return found

    async def acting_user(self, given: str) -> Resolved:
        """Return a user to act as; raises ActionError for one who is deactivated, as Lever has it now."""
        found = self._stored_user(given) or self._user_of_lever(given)
        try:
            await refuse_deactivated(self._lever, self._session, found.remote_id, given)
        except NotFoundError:
            raise self._unknown("users", found.remote_id, _NONE) from None
        return found

    def user_id(self, given: str) -> str:
        """Return Lever's id of a user as far as the tables tell, else what was given; nobody is asked."""
        with suppress(ActionError):
            return (self._stored_user(given) or self._user_of_lever(given)).remote_id
        return given

    def _stored_user(self, given: str) -> Resolved | None:
        return self._stored("users", given) or self._stored("users", f"{REMOTE}{given}")

    def _user_of_lever(self, given: str) -> Resolved:
        remote_id = given.removeprefix(REMOTE)
        return Resolved(self._session.mapping.id("users", remote_id), remote_id)

    def _stored(self, model: str, given: str) -> Resolved | None:
        """Return the row of an id; None when there is none. Raises ActionError when it is gone in Lever.

        What the settings leave out is there in Lever: its row tells which record it is.
        """
        row_id = (
            self._session.mapping.id(model, given.removeprefix(REMOTE)) if given.startswith(REMOTE) else given
        )
        c = UNIFIED[model].c
        with self._session.reading() as tx:
            row = tx.sql.execute(
                select(c.remote_id, c.remote_deleted_at, c.left_out).where(
                    c.connection == self._session.name, c.id == row_id
                )
            ).first()
        if row is None or row.remote_id is None:
            return None
        gone = row.remote_deleted_at is not None and row.left_out is None
        if gone and not given.startswith(REMOTE):
            raise self._unknown(model, given, "it is gone in Lever")
        return None if gone else Resolved(row_id, row.remote_id)

    def _opportunity_of(self, application: str) -> str | None:
        c = RAW["applications"].c
        query = select(c.parent_id).where(c.connection == self._session.name, c.remote_id == application)
        with self._session.reading() as tx:
            return tx.sql.execute(query).scalar_one_or_none()

    def _remote_only(self, model: str, given: str) -> str:
        if not given.startswith(REMOTE):
            raise self._unknown(model, given)
        return given.removeprefix(REMOTE)

    async def _ask(self, model: str, resource: str, remote_id: str) -> JsonObject:
        try:
            return await ask_single(self._lever, BY_NAME[resource], remote_id)
        except NotFoundError:
            raise self._unknown(model, remote_id, _NONE) from None

    async def _archive_reasons(self) -> list[JsonObject]:
        with self._session.reading() as tx:
            stored = [row.data for row in raw.all_live(tx, "archive_reasons")]
        return stored or await self._lever.list_all("/archive_reasons")

    def _unknown(self, model: str, given: str, why: str = "it is not in the tables") -> ActionError:
        name = _MODELS[model]
        left_out = self.left_out_by(model)
        remedy = f"Take its id from the table {model}, or sync first if it is new."
        if left_out is not None:
            by_lever = "" if model == "applications" else f", or name it by Lever's id as {REMOTE}ID"
            remedy = f"{left_out}: change the setting and sync{by_lever}."
        return invalid(f"Unknown {name}", f"There is no {name} {given}: {why}. {remedy}")

    def left_out_by(self, model: str, *, is_ours: bool = False) -> str | None:
        """Return which setting may keep a record out of the tables, in words; None: none does.

        `is_ours`: it is one of those that were created through this connector.
        """
        settings, called = self._session.settings, self._session.account.setting
        if not self._session.exclusion.keeps(model):
            return f"{called('exclude')} leaves {model} out of the tables"
        if model in _LIMITED and settings.only_created and not is_ours:
            return f"{called('only_created')} leaves {model} out that were not created through this connector"
        first = settings.cutoff_at(now())
        if model in _LIMITED and first is not None:
            cutoff = called("candidate_cutoff")
            return f"{cutoff} leaves {model} out that were not updated since {first:%Y-%m-%d}"
        return None


async def refuse_deactivated(lever: LeverClient, session: Session | None, user: str, called: str) -> None:
    """Raise ActionError if a user (Lever's id; the caller said `called`) is deactivated, as Lever has it now.

    A user whom the key may not read is as the tables have them. Raises NotFoundError, and other LeverErrors.
    """
    try:
        record = await ask_single(lever, BY_NAME["users"], user)
    except PermissionMissingError:
        record = _as_stored(session, user) if session is not None else {}
    if record.get("deactivatedAt") is not None:
        raise invalid(
            "Deactivated user",
            f"The user {called} is deactivated in Lever, which lets nobody act as them: name another one.",
        )


def _as_stored(session: Session, user: str) -> JsonObject:
    with session.reading() as tx:
        found = raw.read(tx, "users", [user])
    return dict(found[0].data) if found else {}
