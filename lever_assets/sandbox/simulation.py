"""What happens at a company in a week, a call each; what a caller doesn't care about has defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from lever_assets.sandbox.account import Where
from lever_assets.sandbox.errors import ApiError
from lever_assets.sandbox.recruiting.candidacies import Draft, create
from lever_assets.sandbox.recruiting.changes import Changes, UnknownRecord
from lever_assets.sandbox.recruiting.contacts import change_contact
from lever_assets.sandbox.recruiting.opportunities import archive, move, note_work
from lever_assets.sandbox.schema import Record

HOUR = 3_600_000
NOBODY: Record = {"name": "", "headline": "", "location": "", "emails": [], "phones": []}


@dataclass(frozen=True)
class Simulation:
    """People at work in Lever. Errors: UnknownRecord for an id that isn't there, ValueError for bad values.

    Interviews and offers come and change without moving the opportunity's updatedAt (docs/lever-api.md:
    "interviews and offers not reliably"); everything else moves it.
    """

    changes: Changes

    def now(self) -> int:
        """What time it is in the sandbox, in epoch milliseconds."""
        return self.changes.clock.read()

    def set_now(self, now: int, *, frozen: bool = False) -> None:
        """Make it `now` (epoch milliseconds, the past too); the clock goes on from there unless `frozen`."""
        self.changes.clock.set(now, frozen=frozen)

    def advance(self, milliseconds: int) -> int:
        """Let time pass; answers what time it is then."""
        return self.changes.clock.advance(milliseconds)

    def add_opportunity(self, user: str | None = None, **fields: Any) -> Record:
        """A candidate appears. Fields as in Lever's POST /opportunities (`name`, `emails`, `postings`, …)."""
        number = uuid4().hex[:12]
        draft = Draft.model_validate(
            {"name": f"Candidate {number}", "emails": [f"{number}@example.com"]} | fields
        )
        try:
            candidacy = create(self.changes, draft, user)
        except ApiError as error:
            raise ValueError(error.message) from error
        return self._get("opportunities", candidacy.opportunity["id"])

    def add_posting(self, **fields: Any) -> Record:
        """A published posting."""
        at, ident = self.changes.now(), str(uuid4())
        site = "https://jobs.example.com/lattice"
        categories = {
            "commitment": "Full-time",
            "department": "Engineering",
            "level": None,
            "location": "Zürich",
            "team": "Platform",
            "allLocations": ["Zürich"],
        }
        content = {"description": "", "descriptionHtml": "", "lists": [], "closing": "", "closingHtml": ""}
        posting = {
            "id": ident,
            "text": "Engineer",
            "state": "published",
            "distributionChannels": ["public"],
            "user": None,
            "owner": None,
            "hiringManager": None,
            "categories": categories,
            "tags": [],
            "content": content,
            "country": "CH",
            "followers": [],
            "reqCode": None,
            "requisitionCodes": [],
            "urls": {"list": site, "show": f"{site}/{ident}", "apply": f"{site}/{ident}/apply"},
            "confidentiality": "non-confidential",
            "createdAt": at,
            "updatedAt": at,
            "workplaceType": "unspecified",
            "transcribeInterviews": False,
            "screening": {"enabled": False},
        }
        return self.changes.add("postings", posting | fields)

    def add_interview(self, opportunity: str, **fields: Any) -> Record:
        """An interview of an hour on the morrow, in a panel of its own."""
        parent = self._get("opportunities", opportunity)
        at, panel = self.changes.now(), str(uuid4())
        shared: Record = {
            "timezone": "Europe/Zurich",
            "canceledAt": None,
            "createdAt": at,
            "feedbackReminder": "once",
            "note": None,
            "stage": parent["stage"],
            "user": parent["owner"],
        }
        interview = {
            **shared,
            "id": str(uuid4()),
            "panel": panel,
            "subject": f"Interview - {parent['name']}",
            "interviewers": [],
            "date": at + 24 * HOUR,
            "duration": 60,
            "location": None,
            "feedbackTemplate": None,
            "feedbackForms": [],
            "postings": [],
            "gcalEventUrl": None,
            "opportunityId": opportunity,
            **fields,
        }
        with self.changes.account.lock:
            self.changes.add(
                "panels",
                {
                    **shared,
                    "id": panel,
                    "applications": parent["applications"],
                    "start": interview["date"],
                    "end": interview["date"] + interview["duration"] * 60_000,
                    "externallyManaged": False,
                    "externalUrl": None,
                    "interviews": [interview],
                },
                opportunity,
            )
            return self.changes.add("interviews", interview, opportunity)

    def add_offer(self, opportunity: str, **fields: Any) -> Record:
        """A draft of an offer."""
        parent = self._get("opportunities", opportunity)
        account = self.changes.account
        applications = [orjson.loads(body) for body in account.children("applications", opportunity)]
        offer = {
            "id": str(uuid4()),
            "posting": applications[0]["posting"] if applications else None,
            "createdAt": self.changes.now(),
            "status": "draft",
            "creator": parent["owner"],
            "fields": [],
            "approved": None,
            "approvedAt": None,
            "sentAt": None,
            "sentDocument": None,
            "signedDocument": None,
            "signatures": None,
        }
        return self.changes.add("offers", offer | fields, opportunity)

    def add_feedback(self, opportunity: str, **fields: Any) -> Record:
        """An interviewer fills in a form with a rating and a text."""
        with self.changes.account.lock:
            touched = note_work(self.changes, opportunity)
            at = touched["updatedAt"]
            form = {
                "id": str(uuid4()),
                "type": "interview",
                "text": "Interview feedback",
                "instructions": "",
                "fields": [
                    {"id": str(uuid4()), "type": kind, "text": text, "description": "", "required": False}
                    | {"value": value}
                    for kind, text, value in (
                        ("score-system", "Rating", "3 - Hire"),
                        ("textarea", "What did you see?", "Clear and kind."),
                    )
                ],
                "baseTemplateId": str(uuid4()),
                "interview": None,
                "panel": None,
                "user": touched["owner"],
                "createdAt": at,
                "completedAt": at,
                "deletedAt": None,
            }
            return self.changes.add("feedback", form | fields, opportunity)

    def move(self, opportunity: str, stage: str | None = None, user: str | None = None) -> Record:
        """Move to a stage, by default to the next one (and from the last to the first)."""
        if stage is None:
            here = self._get("opportunities", opportunity)["stage"]
            rows = self.changes.account.page("stages", Where(), 1000, None).rows
            stages = [orjson.loads(row)["id"] for row in rows]
            stage = stages[(stages.index(here) + 1) % len(stages)] if here in stages else stages[0]
        try:
            return move(self.changes, opportunity, stage, user)
        except ApiError as error:
            raise ValueError(error.message) from error

    def archive(self, opportunity: str, reason: str | None) -> Record:
        """Archive for a reason; None brings back."""
        try:
            return archive(self.changes, opportunity, reason)
        except ApiError as error:
            raise ValueError(error.message) from error

    def anonymise(self, opportunity: str) -> None:
        """Erase the person from all their opportunities: names, addresses, papers, answers."""
        account = self.changes.account
        with account.lock:
            contact = self._get("opportunities", opportunity)["contact"]
            change_contact(self.changes, contact, NOBODY | {"isAnonymized": True})
            for ident in account.opportunities_of_contact(contact):
                self.changes.change("opportunities", ident, lambda record: record.update(links=[]))
                for body in account.children("applications", ident):
                    application = orjson.loads(body)
                    application |= dict.fromkeys(
                        ("name", "company", "phone", "email", "comments", "ipAddress")
                    )
                    application |= {"links": [], "customQuestions": []}
                    account.replace("applications", application["id"], application)
                for paper in ("notes", "feedback", "files", "resumes"):
                    for body in account.children(paper, ident):
                        self.changes.remove(paper, orjson.loads(body)["id"])

    def deactivate(self, user: str) -> Record:
        """Someone leaves the company."""
        at = self.changes.now()
        return self.changes.change("users", user, lambda record: record.update(deactivatedAt=at))

    def remove_tag(self, text: str) -> None:
        """Take a tag from the account's list; opportunities keep it."""
        self.changes.remove("tags", text)

    def remove_source(self, text: str) -> None:
        """Take a source from the account's list; opportunities keep it."""
        self.changes.remove("sources", text)

    def remove_stage(self, stage: str) -> None:
        """Take a stage from the pipeline; opportunities stay in it."""
        account = self.changes.account
        with account.lock:
            self.changes.remove("stages", stage)
            for ident in account.ids("disposition_stages"):
                record = account.record("disposition_stages", ident) or {}
                record["stages"] = [entry for entry in record["stages"] if entry["id"] != stage]
                account.replace("disposition_stages", ident, record)

    def _get(self, resource: str, ident: str) -> Record:
        record = self.changes.account.record(resource, ident)
        if record is None:
            raise UnknownRecord(f"there is no {resource} {ident}")
        return record
