"""The one way by which records come, change and go, so that counts, copies and webhooks follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.recruiting.clock import Clock
from lever_assets.sandbox.recruiting.events import Event, on_added, on_changed, on_removed
from lever_assets.sandbox.schema import Record

COUNTED = ("tags", "sources")


class UnknownRecord(LookupError):  # noqa: N818 (reads as the sentence it is raised with)
    """There is no such resource or record to change."""


def _nobody(_: Event) -> None:
    """Nobody listens."""


class Changes:
    """Changes an account at the time of a clock and announces what happened. Safe from several threads.

    Nothing but what is named here moves by itself: `updatedAt` is the caller's to set.
    """

    def __init__(self, account: Account, clock: Clock, announce: Callable[[Event], object] = _nobody) -> None:
        self.account = account
        self.clock = clock
        self.announce = announce

    def now(self) -> int:
        """The instant of the next change, in epoch milliseconds; each is later than the one before."""
        return self.clock.next()

    def add(self, resource: str, record: Record, parent: str | None = None) -> Record:
        """Store a new record; an application is named by its opportunity, too."""
        with self.account.lock:
            self.account.put(resource, [(record, parent)])
            if resource == "applications" and parent is not None:
                self._name_application(parent, record["id"], present=True)
            if resource == "opportunities":
                self._count({}, record)
            if resource == "interviews":
                self._copy_into_panel(record, gone=False)
            self._tell(on_added(self.account, resource, record))
        return record

    def change(
        self, resource: str, ident: str, edit: Callable[[Record], None], *, quiet: bool = False
    ) -> Record:
        """Let `edit` alter a record in place; `quiet` announces nothing. UnknownRecord when there is none."""
        with self.account.lock:
            before = self.account.record(resource, ident)
            after = self.account.record(resource, ident)
            if before is None or after is None:
                raise UnknownRecord(f"there is no {resource} {ident}")
            edit(after)
            self.account.replace(resource, ident, after)
            if resource == "opportunities":
                self._count(before, after)
            if resource == "interviews":
                self._copy_into_panel(after, gone=False)
            if not quiet:
                self._tell(on_changed(self.account, resource, before, after))
        return after

    def remove(self, resource: str, ident: str, by: str | None = None, at: int | None = None) -> None:
        """Take a record away, with an opportunity what hangs on it; the deleted-lists tell of it."""
        with self.account.lock:
            record = self.account.record(resource, ident)
            if record is None or not self.account.delete(resource, ident, at or self.now(), by):
                raise UnknownRecord(f"there is no {resource} {ident}")
            if resource == "applications" and record.get("opportunityId"):
                self._name_application(record["opportunityId"], ident, present=False)
            if resource == "opportunities":
                self._count(record, {})
            if resource == "interviews":
                self._copy_into_panel(record, gone=True)
            self._tell(on_removed(self.account, resource, record, by))

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            self.announce(event)

    def _name_application(self, opportunity: str, application: str, *, present: bool) -> None:
        record = self.account.record("opportunities", opportunity)
        if record is None:
            return
        others = [ident for ident in record.get("applications", []) if ident != application]
        record["applications"] = [*others, application] if present else others
        self.account.replace("opportunities", opportunity, record)

    def _count(self, before: Record, after: Record) -> None:
        """Keep the counts of tags and sources; one that nobody has any more leaves its list."""
        for resource in COUNTED:
            steps = Counter(_texts(after, resource))
            steps.subtract(_texts(before, resource))
            for text, step in steps.items():
                if not step:
                    continue
                entry = self.account.record(resource, text)
                count = (entry["count"] if entry else 0) + step
                if count <= 0:
                    self.account.delete(resource, text, None, None)
                elif entry is None:
                    self.account.put(resource, [({"count": count, "text": text}, None)])
                else:
                    self.account.replace(resource, text, entry | {"count": count})

    def _copy_into_panel(self, interview: Record, *, gone: bool) -> None:
        """A panel holds its interviews, from the first to the last; without any it is gone."""
        panel = self.account.record("panels", interview.get("panel") or "")
        if panel is None:
            return
        known = {each["id"]: each for each in panel.get("interviews", [])}
        before = known.pop(interview["id"], {})
        if not gone:
            known[interview["id"]] = _with_responses(interview, before)
        if not known:
            self.account.delete("panels", panel["id"], None, None)
            return
        panel["interviews"] = list(known.values())
        times = [(each["date"], each["duration"]) for each in known.values() if each.get("date")]
        if times:
            panel["start"] = min(date for date, _ in times)
            panel["end"] = max(date + duration * 60_000 for date, duration in times)
        self.account.replace("panels", panel["id"], panel)


def _with_responses(interview: Record, before: Record) -> Record:
    """An interview as its panel shows it: with the answers to its invitations, kept as they were."""
    answers = {person["id"]: person.get("responseStatus") for person in before.get("interviewers", [])}
    people = [
        person | {"responseStatus": answers.get(person["id"]) or "needsAction"}
        for person in interview.get("interviewers", [])
    ]
    return interview | {"interviewers": people}


def _texts(record: Record, field: str) -> list[str]:
    values = record.get(field)
    return [text for text in values if isinstance(text, str)] if isinstance(values, list) else []
