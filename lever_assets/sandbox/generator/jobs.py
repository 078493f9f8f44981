"""Postings in every state, their requisitions and application forms."""

from __future__ import annotations

from typing import Any

from lever_assets.sandbox.generator.company import DAY, FOUNDED, Company
from lever_assets.sandbox.generator.questions import make_form, make_question_sets
from lever_assets.sandbox.generator.vocabulary import (
    COMMITMENTS,
    CURRENCIES,
    DEPARTMENTS,
    DUTIES,
    LEVELS,
    LOCATIONS,
    TITLES,
    WISHES,
)
from lever_assets.sandbox.schema import Record

STATES = (
    "published",
    "published",
    "published",
    "closed",
    "closed",
    "closed",
    "internal",
    "draft",
    "pending",
    "rejected",
)
# States in which a posting has, or has had, applicants.
TAKING_APPLICATIONS = frozenset({"published", "closed", "internal"})
CHANNELS: tuple[list[str] | None, ...] = (["public"], ["public", "internal"], ["internal"], None, [])
WORKPLACES = ("unspecified", "onsite", "remote", "hybrid")
INTERVALS = ("per-year-salary", "per-year-salary", "per-year-salary", "per-month-salary", "per-hour-wage")
# What a year's pay is divided by in each interval.
YEARLY = {"per-year-salary": 1, "per-month-salary": 12, "per-hour-wage": 2000}
REQUISITION_STATUSES = (
    "open",
    "open",
    "closed",
    "closed",
    "onHold",
    "pending",
    "rejected",
    "draft",
    "canceled",
)
EMPLOYMENT = ("Exempt Full-Time", "Non-Exempt Full-Time", "Full-Time", "Part-Time", None)
REQUISITION_FIELDS: tuple[Record, ...] = (
    {"id": "rec_start_date", "text": "Recruiting start date", "type": "date", "isRequired": False},
    {"id": "cost_center", "text": "Cost center", "type": "text", "isRequired": True},
    {"id": "headcount_plan", "text": "Headcount plan", "type": "number", "isRequired": False},
    {
        "id": "hire_type",
        "text": "Hire type",
        "type": "dropdown",
        "isRequired": False,
        "options": [{"id": "growth", "text": "Growth"}, {"id": "backfill", "text": "Backfill"}],
    },
    {
        "id": "budget",
        "text": "Budget",
        "type": "object",
        "isRequired": False,
        "subfields": [
            {"id": "approved", "text": "Approved", "type": "number"},
            {"id": "note", "text": "Note", "type": "text"},
        ],
    },
)


def make_postings(company: Company, count: int) -> None:
    """Postings over all the years, each state, workplace and channel among the first, with their forms."""
    sets = make_question_sets(company.chance)
    for number in range(count):
        posting = _posting(company, number)
        company.postings.append(posting)
        if posting["state"] in TAKING_APPLICATIONS:
            company.advertised.append(posting)
        company.forms.append(make_form(company.chance, posting, sets))


def _posting(company: Company, number: int) -> Record:
    chance = company.chance
    ident = chance.uuid()
    department = chance.pick(tuple(DEPARTMENTS))
    team = chance.pick(DEPARTMENTS[department])
    city, country, _ = chance.pick(LOCATIONS)
    state = STATES[number % len(STATES)]
    created = FOUNDED + int(chance.random() * (company.now - FOUNDED - 40 * DAY))
    updated = chance.between(created, company.now) if chance.hit(0.7) else created
    site = "https://jobs.example.com/lattice"
    posting: Record = {
        "id": ident,
        "text": chance.pick(TITLES[team]),
        "state": state,
        "distributionChannels": CHANNELS[(number + number // len(STATES)) % len(CHANNELS)]
        if state == "published"
        else None,
        "user": company.user() if chance.hit(0.8) else None,
        "owner": company.user(),
        "hiringManager": company.user() if chance.hit(0.8) else None,
        "categories": {
            "commitment": chance.pick(COMMITMENTS),
            "department": department if chance.hit(0.97) else None,
            "level": chance.pick(LEVELS),
            "location": city,
            "team": team,
            "allLocations": [city] if chance.hit(0.8) else [city, chance.pick(LOCATIONS)[0]],
        },
        "tags": [] if chance.hit(0.7) else ["Priority", f"Wave {created // (180 * DAY)}"],
        "content": _content(company, city),
        "country": country if chance.hit(0.95) else None,
        "followers": [company.user() for _ in range(chance.between(0, 3))],
        "reqCode": None,
        "requisitionCodes": [],
        "urls": None
        if state == "draft"
        else {"list": site, "show": f"{site}/{ident}", "apply": f"{site}/{ident}/apply"},
        "confidentiality": "confidential" if number % 20 == 1 else "non-confidential",
        "createdAt": created,
        "updatedAt": updated,
        "workplaceType": WORKPLACES[number // 2 % 4],
        "transcribeInterviews": chance.hit(0.2),
        "screening": {"enabled": chance.hit(0.1)},
    }
    if chance.hit(0.5):
        posting["salaryRange"] = _salary(company, country)
        note = "The range depends on level & location."
        posting |= {
            "salaryDescription": note,
            "salaryDescriptionHtml": f"<div>{note.replace('&', '&amp;')}</div>",
        }
    return posting


def _salary(company: Company, country: str) -> Record:
    interval = company.chance.pick(INTERVALS)
    low = company.chance.between(8, 30) * 5000 // YEARLY[interval]
    return {"min": low, "max": low * 13 // 10, "currency": CURRENCIES[country], "interval": interval}


def _content(company: Company, city: str) -> Record:
    chance = company.chance
    paragraphs = [
        f"We build tools that small teams rely on every day. Our office in {city} is where this role sits.",
        *(chance.pick(DUTIES) for _ in range(chance.between(3, 12))),
    ]
    lists = [
        {"text": "What you’ll do", "content": _items([chance.pick(DUTIES) for _ in range(5)])},
        {"text": "What we look for", "content": _items([chance.pick(WISHES) for _ in range(4)])},
    ]
    html = "".join(
        f'<div><span style="font-size:13px">{text}</span></div><div><br></div>' for text in paragraphs
    )
    closing = "We’d love to hear from you, whatever your background."
    return {
        "description": "\n\n".join(paragraphs) + "\n",
        "descriptionHtml": html,
        "lists": lists if chance.hit(0.9) else [],
        "closing": closing,
        "closingHtml": f"<div>{closing}</div>",
    }


def _items(texts: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{text}</li>' for text in texts)}</ul>"


def make_requisitions(company: Company) -> None:
    """Requisitions for most postings: one in four has two, one in ten requisitions serves two postings."""
    chance = company.chance
    for posting in company.postings:
        for _ in range(2 if chance.hit(0.25) else 1 if chance.hit(0.8) else 0):
            number = len(company.requisitions)
            requisition = _requisition(company, posting, number)
            company.requisitions.append(requisition)
            company.requisition_of[posting["id"]] = requisition
            posting["requisitionCodes"].append(requisition["requisitionCode"])
            posting["reqCode"] = posting["reqCode"] or requisition["requisitionCode"]
            if chance.hit(0.1) and len(company.postings) > 1:
                other = chance.pick(company.postings)
                if other is not posting:
                    requisition["postings"].append(other["id"])
                    other["requisitionCodes"].append(requisition["requisitionCode"])
    for number in range(2):  # approved before there is a posting
        company.requisitions.append(_requisition(company, None, 9000 + number))


def _requisition(company: Company, posting: Record | None, number: int) -> Record:
    chance = company.chance
    status = REQUISITION_STATUSES[number % len(REQUISITION_STATUSES)]
    created = (posting["createdAt"] if posting else company.now - 20 * DAY) - chance.between(1, 20) * DAY
    updated = chance.between(created, company.now)
    infinite = number % 17 == 3
    total: int | str = "unlimited" if infinite else chance.between(1, 6)
    country = (posting or {}).get("country") or "US"
    categories = posting["categories"] if posting else {}
    return {
        "id": chance.uuid(),
        "createdAt": created,
        "confidentiality": posting["confidentiality"] if posting else "non-confidential",
        "status": status,
        "name": posting["text"] if posting else "Headcount reserve",
        "requisitionCode": f"REQ-{number + 1:05d}",
        "headcountTotal": total,
        "headcountHired": 0 if isinstance(total, str) or status != "closed" else total,
        "headcountInfinite": infinite,
        "backfill": chance.hit(0.2),
        "creator": company.user(),
        "owner": company.user(),
        "hiringManager": (posting or {}).get("hiringManager"),
        "internalNotes": chance.pick(
            ("", "", "Senior level preferred ", "90-day timeline\nAsk finance before Q3")
        ),
        "compensationBand": _salary(company, country) if chance.hit(0.85) else None,
        "approval": _approval(company, created, status),
        "employmentStatus": chance.pick(EMPLOYMENT),
        "location": categories.get("location"),
        "team": categories.get("team"),
        "department": categories.get("department"),
        "postings": [posting["id"]] if posting else [],
        "offerIds": [],
        "timeToFillStartAt": created if chance.hit(0.2) else None,
        "timeToFillEndAt": None,
        "updatedAt": updated,
        "customFields": _custom_fields(company, created),
        "closedAt": updated if status == "closed" else None,
    }


def _approval(company: Company, created: int, status: str) -> Record | None:
    chance = company.chance
    if chance.hit(0.4):
        return None
    verdict = {"rejected": "denied", "pending": "pending", "draft": "pending"}.get(status, "approved")
    done = verdict != "pending"
    user = chance.pick(company.users)
    by_role = chance.hit(0.7)
    approver = {
        "id": user["id"],
        # Recorded: a role's name, or for a person named in the chain their id and e-mail.
        "user": "Requisition hiring manager" if by_role else {"userId": user["id"], "email": user["email"]},
        "isDynamic": by_role,
        "approved": verdict == "approved",
        "approvedAt": created + DAY if done else None,
        "type": "dynamic" if by_role else "static",
    }
    step = {
        "completed": done,
        "status": verdict,
        "outOfBandOnly": False,
        "approvalsRequired": 1,
        "approvers": [approver],
        "id": chance.uuid(),
    }
    return {
        "steps": [step],
        "id": chance.uuid(),
        "status": verdict,
        "startedAt": created,
        "approvedAt": created + DAY if verdict == "approved" else None,
        "accountId": company.account_id,
        "createdBy": company.user(),
    }


def _custom_fields(company: Company, created: int) -> Record:
    chance = company.chance
    values: dict[str, Any] = {"cost_center": f"CC-{chance.between(100, 199)}"}
    if chance.hit(0.5):
        values |= {"rec_start_date": created + 7 * DAY, "hire_type": chance.pick(("growth", "backfill"))}
    if chance.hit(0.3):
        values |= {
            "headcount_plan": chance.between(1, 40),
            "budget": {"approved": 120000, "note": "Approuvé"},
        }
    return values if chance.hit(0.8) else {}
