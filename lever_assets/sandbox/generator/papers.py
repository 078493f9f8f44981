"""Notes, files and résumés."""

from __future__ import annotations

from lever_assets.sandbox.generator.candidates import Candidacy
from lever_assets.sandbox.generator.company import DAY, Company
from lever_assets.sandbox.schema import Record

COMMENTS = (
    "Great call, very clear about what they want.",
    "Références vérifiées ✓",
    "Salary expectation is above the band.",
)


def make_note(company: Company, candidacy: Candidacy) -> Record:
    """A recruiter's note."""
    chance = company.chance
    created = min(candidacy.created + DAY, company.now)
    user = company.user()
    comment = {
        "type": "note",
        "text": "Comment",
        "value": chance.pick(COMMENTS),
        "user": user,
        "score": None,
        "stage": candidacy.record["stage"],
        "createdAt": created,
    }
    return {
        "id": chance.uuid(),
        "text": "Note",
        "fields": [comment],
        "user": user,
        "secret": chance.hit(0.1),
        "completedAt": created,
        "createdAt": created,
        "deletedAt": None,
    }


def make_file(company: Company, candidacy: Candidacy, name: str) -> Record:
    """An uploaded file."""
    chance = company.chance
    ident = chance.uuid()
    return {
        "id": ident,
        "downloadUrl": f"https://hire.lever.co/opportunities/{candidacy.record['id']}/files/{ident}/download",
        "ext": f".{name.rpartition('.')[2]}",
        "name": name,
        "uploadedAt": candidacy.created,
        "status": chance.pick(("processed", "processed", "unsupported", "processing", "error", None)),
        "size": chance.between(8_000, 900_000),
    }


def make_resume(company: Company, candidacy: Candidacy) -> Record:
    """A résumé with what Lever read out of it."""
    chance = company.chance
    file = make_file(company, candidacy, "resume.pdf")
    organisations = [part for part in candidacy.record["headline"].split(", ") if part]
    return {
        "id": chance.uuid(),
        "createdAt": candidacy.created,
        "file": file,
        "parsedData": {
            "positions": [
                {
                    "title": "Specialist",
                    "org": organisation,
                    "summary": "",
                    "location": candidacy.record["location"],
                    "start": {"year": 2018 + index, "month": 4},
                    "end": None,
                }
                for index, organisation in enumerate(organisations)
            ],
            "schools": [],
        },
    }
