"""Opportunities and their applications: one person's way through the pipeline for one job."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from lever_assets.sandbox.chance import Chance
from lever_assets.sandbox.generator.company import (
    DAY,
    FOUNDED,
    HOUR,
    LEADS,
    OFFER,
    Company,
    handle,
    person_name,
)
from lever_assets.sandbox.generator.questions import GENDERS, RACES, VETERAN, answered
from lever_assets.sandbox.generator.vocabulary import (
    COMPANIES,
    FREE_TAGS,
    HEADLINE_ORGANISATIONS,
    LOCATIONS,
    SOURCES,
)
from lever_assets.sandbox.schema import Record

ORIGINS = ("applied", "sourced", "referred", "agency", "internal", "university")
ORIGIN_WEIGHTS = tuple(accumulate((0.58, 0.2, 0.1, 0.06, 0.03, 0.03)))
PHONE_TYPES = ("mobile", "home", "work", "other", None)
USER_AGENTS = ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5)", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)")
# Before this instant (2023-07-01) Lever noted no updatedAt on most records of the generated company.
NOTED_SINCE = 1_688_169_600_000


@dataclass
class Person:
    """A contact: the same for all of a person's opportunities."""

    contact: str
    name: str
    headline: str
    location: str
    emails: list[str]
    phones: list[Record]
    links: list[str]
    anonymized: bool


@dataclass
class Candidacy:
    """An opportunity with what later steps need to know about it."""

    record: Record
    posting: Record | None
    application: Record | None
    created: int
    ended: int
    stage: int
    hired: bool
    eeo: tuple[Record, Record] | None = None


@dataclass
class Crowd:
    """People who came by lately, some of whom come again, and counts of the tags and sources given."""

    recent: deque[Person] = field(default_factory=lambda: deque(maxlen=200))
    tags: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    number: int = 0


def make_candidacy(company: Company, crowd: Crowd) -> Candidacy:
    """The next opportunity, with its application in 97 of 100 cases."""
    chance = company.chance
    number = crowd.number
    crowd.number += 1
    person = _person(chance, crowd, number)
    posting = None if chance.hit(0.03) or number == 5 else chance.pick(company.advertised)
    origin = ORIGINS[_weighted(chance)]
    opened = posting["createdAt"] if posting else FOUNDED
    created = opened + int(chance.random() ** 1.5 * min(500 * DAY, company.now - HOUR - opened))
    changes, stage, moved = _way_through(company, origin, created)
    hired, archived = _outcome(company, created, moved, stage)
    ended = archived["archivedAt"] if archived else moved
    touched = ended + int(chance.random() * min(20 * DAY, company.now - ended))
    record = _opportunity(company, crowd, person, posting, origin=origin, created=created)
    record |= {
        "stage": company.stages[stage]["id"],
        "archived": archived,
        "stageChanges": changes,
        "updatedAt": None if touched < NOTED_SINCE and chance.hit(0.8) else touched,
        "lastInteractionAt": touched,
        "lastAdvancedAt": ended,
        "snoozedUntil": company.now + chance.between(1, 90) * DAY
        if not archived and chance.hit(0.03)
        else None,
    }
    candidacy = Candidacy(record, posting, None, created, ended, stage, hired)
    if posting:
        candidacy.application = _application(company, candidacy, person, origin)
        record["applications"].append(candidacy.application["id"])
    return candidacy


def _weighted(chance: Chance) -> int:
    draw = chance.random()
    return next(index for index, weight in enumerate(ORIGIN_WEIGHTS) if draw < weight or index == 5)


def _person(chance: Chance, crowd: Crowd, number: int) -> Person:
    if crowd.recent and (chance.hit(0.05) or number == 7):
        return chance.pick(crowd.recent)
    anonymized = chance.hit(0.004) or number == 11
    name = "" if anonymized or chance.hit(0.01) or number == 13 else person_name(chance)
    plain = handle(name, number)
    emails = [] if anonymized or chance.hit(0.08) else [f"{plain}.{number}@example.com"]
    if emails and chance.hit(0.05):
        emails.append(f"{plain}.{number}@example.org")
    phone = {"type": chance.pick(PHONE_TYPES), "value": f"+1 555 {number % 10_000_000:07d}"}
    organisations = chance.between(0, 3)
    person = Person(
        contact=chance.uuid(),
        name=name,
        headline=", ".join(chance.pick(HEADLINE_ORGANISATIONS) for _ in range(organisations)),
        location=chance.pick(LOCATIONS)[0] if chance.hit(0.4) else "",
        emails=emails,
        phones=[] if anonymized or chance.hit(0.5) else [phone],
        links=[] if anonymized or chance.hit(0.6) else [f"https://www.linkedin.com/in/{plain}-{number}"],
        anonymized=anonymized,
    )
    crowd.recent.append(person)
    return person


def _way_through(company: Company, origin: str, created: int) -> tuple[list[Record], int, int]:
    """Stage changes, the last stage's index and when it was reached."""
    chance = company.chance
    stage = 0 if origin in {"sourced", "agency"} else LEADS
    changes: list[Record] = []
    at = created
    while True:
        change: Record = {"toStageId": company.stages[stage]["id"], "toStageIndex": stage, "updatedAt": at}
        if changes or origin != "applied":
            change["userId"] = company.user()
        changes.append(change)
        later = at + chance.between(1, 15 * 24) * HOUR
        if stage == len(company.stages) - 1 or later >= company.now or chance.hit(0.45):
            return changes, stage, at
        stage, at = stage + 1, later


def _outcome(company: Company, created: int, moved: int, stage: int) -> tuple[bool, Record | None]:
    """Whether they were hired, and how they were archived."""
    chance = company.chance
    at = moved + chance.between(1, 40 * 24) * HOUR
    if at >= company.now:
        return False, None
    hired = stage >= OFFER and chance.hit(0.7)
    if hired:
        return True, {"reason": company.reason("hired"), "archivedAt": at}
    if chance.hit(0.15 if created < company.now - 200 * DAY else 0.5):
        return False, None
    # Recorded accounts hold people who were archived before reasons were asked for.
    return False, {"reason": None if chance.hit(0.06) else company.reason("non-hired"), "archivedAt": at}


def _opportunity(
    company: Company, crowd: Crowd, person: Person, posting: Record | None, *, origin: str, created: int
) -> Record:
    chance = company.chance
    ident = chance.uuid()
    confidential = (posting is not None and posting["confidentiality"] == "confidential") or chance.hit(0.003)
    tags = _tags(chance, posting)
    sources = [chance.pick(SOURCES[origin])] if chance.hit(0.9) else []
    crowd.tags.update(tags)
    crowd.sources.update(sources)
    record: Record = {
        "id": ident,
        "name": person.name,
        "contact": person.contact,
        "headline": person.headline,
        "stage": "",
        "confidentiality": "confidential" if confidential else "non-confidential",
        "location": person.location,
        "phones": person.phones,
        "emails": person.emails,
        "links": person.links,
        "archived": None,
        "tags": tags,
        "sources": sources,
        "stageChanges": [],
        "origin": origin,
        "sourcedBy": company.user() if origin == "sourced" and chance.hit(0.8) else None,
        "owner": company.user() if chance.hit(0.95) else None,
        "followers": [company.user() for _ in range(chance.between(0, 3))],
        "applications": [],
        "createdAt": created,
        "updatedAt": None,
        "lastInteractionAt": None,
        "lastAdvancedAt": None,
        "snoozedUntil": None,
        "urls": {
            "list": "https://hire.lever.co/candidates",
            "show": f"https://hire.lever.co/candidates/{ident}",
        },
        "isAnonymized": person.anonymized,
        "dataProtection": _data_protection(company) if chance.hit(0.15) else None,
    }
    # Recorded: absent where there is no application.
    if posting is not None:
        record["opportunityLocation"] = posting["categories"]["location"]
    return record


def _tags(chance: Chance, posting: Record | None) -> list[str]:
    tags: list[str] = []
    if posting and chance.hit(0.7):
        categories = posting["categories"]
        found = (
            posting["text"],
            *(categories[key] for key in ("team", "department", "location", "commitment")),
        )
        tags += [tag for tag in found if tag]
    if chance.hit(0.25):
        tags.append(chance.pick(FREE_TAGS))
    return tags


def _data_protection(company: Company) -> Record:
    chance = company.chance
    expires = company.now + chance.between(-100, 700) * DAY
    allowed = expires > company.now
    return {
        "store": {"allowed": allowed, "expiresAt": expires},
        "contact": {"allowed": chance.hit(0.5), "expiresAt": expires if chance.hit(0.5) else None},
    }


def _application(company: Company, candidacy: Candidacy, person: Person, origin: str) -> Record:
    chance = company.chance
    posting, record = candidacy.posting, candidacy.record
    if posting is None:
        raise ValueError("an application needs a posting")
    kind = {"applied": "posting", "referred": "referral"}.get(origin, "user")
    online = kind == "posting"
    archived = record["archived"]
    application: dict[str, Any] = {
        "id": chance.uuid(),
        "type": kind,
        "candidateId": record["id"],
        "opportunityId": record["id"],
        "posting": posting["id"],
        "postingHiringManager": posting["hiringManager"],
        "postingOwner": posting["owner"],
        "name": person.name if online else None,
        "company": chance.pick(COMPANIES) if online and chance.hit(0.6) else None,
        "phone": dict(person.phones[0]) if online and person.phones else None,
        "email": person.emails[0] if online and person.emails else None,
        "links": list(person.links) if online else [],
        "comments": "Happy to talk any day after 3 pm.\n– thanks!" if online and chance.hit(0.1) else None,
        "user": None if online else company.user(),
        "customQuestions": [],
        "createdAt": candidacy.created + chance.between(0, 60_000),
        "archived": dict(archived) if archived and chance.hit(0.95) else None,
        "requisitionForHire": None,
        "ipAddress": None,
        "referer": None,
        "userAgent": None,
        "acceptLanguage": None,
        "timezone": None,
    }
    requisition = company.requisition_of.get(posting["id"])
    if candidacy.hired and requisition:
        application["requisitionForHire"] = {
            "id": requisition["id"],
            "requisitionCode": requisition["requisitionCode"],
            "hiringManagerOnHire": requisition["hiringManager"],
        }
    if online:
        _fill_in(company, candidacy, application)
    return application


def _fill_in(company: Company, candidacy: Candidacy, application: Record) -> None:
    """What only an online application has: answers, browser, EEO."""
    chance = company.chance
    form = company.form_of[application["posting"]]
    if form["customQuestions"] and chance.hit(0.75):
        application["customQuestions"] = answered(chance, form["customQuestions"], candidacy.created)
    if chance.hit(0.5):
        application |= {
            "ipAddress": f"203.0.113.{chance.between(1, 254)}",
            "referer": "https://jobs.example.com/lattice",
            "userAgent": chance.pick(USER_AGENTS),
            "acceptLanguage": chance.pick(("en-US,en;q=0.9", "de-CH,de;q=0.8,en;q=0.5")),
            "timezone": chance.pick(LOCATIONS)[2],
        }
    if "eeoQuestions" in form and chance.hit(0.4):
        candidacy.eeo = _eeo(chance, candidacy, application)


def _eeo(chance: Chance, candidacy: Candidacy, application: Record) -> tuple[Record, Record]:
    archived = application["archived"] or {}
    response = {
        "applicationArchivedAt": archived.get("archivedAt"),
        "applicationArchivedBy": None,
        "applicationArchiveReason": archived.get("reason"),
        "applicationTitle": (candidacy.posting or {}).get("text"),
        "appliedAt": application["createdAt"],
        "currentStage": candidacy.record["stage"],
        "gender": chance.pick(GENDERS),
        "race": chance.pick(RACES)[0],
        "veteran": chance.pick(VETERAN),
    }
    who = {
        "applicationId": application["id"],
        "opportunityId": candidacy.record["id"],
        "contactId": candidacy.record["contact"],
    }
    return response, response | who
