"""Makes an account from a seed: a company that has recruited for years. The same seed, the same account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.chance import Chance
from lever_assets.sandbox.generator.candidates import Crowd, make_candidacy
from lever_assets.sandbox.generator.company import DAY, Company, make_pipeline, make_users
from lever_assets.sandbox.generator.feedback import TEMPLATES, make_feedback
from lever_assets.sandbox.generator.jobs import REQUISITION_FIELDS, make_postings, make_requisitions
from lever_assets.sandbox.generator.meetings import make_meetings
from lever_assets.sandbox.generator.offers import make_offer
from lever_assets.sandbox.generator.papers import make_file, make_note, make_resume
from lever_assets.sandbox.schema import Record

BATCH = 500
MOST_USERS, MOST_POSTINGS = 600, 3000

Entry = tuple[Record, str | None]


def generate(account: Account, *, opportunities: int, seed: int, now: datetime) -> None:
    """Fill an empty account with that many opportunities and the company around them, as of `now`.

    Written in batches, so that memory doesn't grow with the account.
    """
    company = _company(seed, now, opportunities)
    disposition = make_pipeline(company)
    make_postings(company, min(24 + opportunities // 100, MOST_POSTINGS))
    make_requisitions(company)
    company.form_of = {form["id"]: form for form in company.forms}
    for resource, records in (
        ("users", company.users),
        ("stages", company.stages),
        ("archive_reasons", company.reasons),
        ("disposition_stages", [disposition]),
        ("requisition_fields", list(REQUISITION_FIELDS)),
        ("feedback_templates", list(TEMPLATES)),
        ("postings", company.postings),
        ("posting_forms", company.forms),
    ):
        account.put(resource, ((record, None) for record in records))
    crowd = Crowd()
    _make_opportunities(account, company, crowd, opportunities)
    # Only now do requisitions know their offers.
    account.put("requisitions", ((requisition, None) for requisition in company.requisitions))
    for resource, counts in (("tags", crowd.tags), ("sources", crowd.sources)):
        account.put(resource, (({"count": counts[text], "text": text}, None) for text in sorted(counts)))
    _make_deletions(account, company, opportunities)


def _company(seed: int, now: datetime, opportunities: int) -> Company:
    chance = Chance(seed)
    company = Company(chance, int(now.timestamp() * 1000), chance.uuid())
    make_users(company, min(18 + opportunities // 200, MOST_USERS))
    return company


def _make_opportunities(account: Account, company: Company, crowd: Crowd, count: int) -> None:
    entries = _entries(company, crowd, count)
    while batch := list(islice(entries, BATCH)):
        merged: dict[str, list[Entry]] = {}
        for produced in batch:
            for resource, entry in produced:
                merged.setdefault(resource, []).append(entry)
        for resource, records in merged.items():
            account.put(resource, records)


def _entries(company: Company, crowd: Crowd, count: int) -> Iterator[list[tuple[str, Entry]]]:
    chance = company.chance
    offers = 0
    for _ in range(count):
        candidacy = make_candidacy(company, crowd)
        ident = candidacy.record["id"]
        produced: list[tuple[str, Entry]] = [("opportunities", (candidacy.record, None))]
        if candidacy.application is not None:
            produced.append(("applications", (candidacy.application, ident)))
        if candidacy.eeo is not None:
            response, with_ids = candidacy.eeo
            produced += [("eeo_responses", (response, None)), ("eeo_responses_pii", (with_ids, None))]
        interviews, panels = make_meetings(company, candidacy)
        produced += [("interviews", (interview, ident)) for interview in interviews]
        produced += [("panels", (panel, ident)) for panel in panels]
        produced += [("feedback", (form, ident)) for form in make_feedback(company, interviews)]
        offer = make_offer(company, candidacy, offers)
        if offer is not None:
            offers += 1
            produced.append(("offers", (offer, ident)))
        if chance.hit(0.1):
            produced.append(("notes", (make_note(company, candidacy), ident)))
        if chance.hit(0.25):
            produced.append(("resumes", (make_resume(company, candidacy), ident)))
        elif chance.hit(0.05):
            produced.append(("files", (make_file(company, candidacy, "Arbeitszeugnis.docx"), ident)))
        yield produced


def _make_deletions(account: Account, company: Company, opportunities: int) -> None:
    """People who were removed from Lever before anyone synced."""
    chance = company.chance
    for resource, count in (("opportunities", opportunities // 500), ("applications", opportunities // 500)):
        account.note_deleted(
            resource,
            [
                (chance.uuid(), company.now - chance.between(1, 700) * DAY, company.user())
                for _ in range(count)
            ],
        )
