"""Offers in every status, with standard and custom fields."""

from __future__ import annotations

from lever_assets.sandbox.generator.candidates import Candidacy
from lever_assets.sandbox.generator.company import DAY, Company
from lever_assets.sandbox.generator.vocabulary import CURRENCIES
from lever_assets.sandbox.schema import Record

STATUSES = ("draft", "approval-sent", "approved", "sent", "sent-manually", "opened", "denied", "signed")
APPROVED = frozenset({"approved", "sent", "sent-manually", "opened", "signed"})
SENT = frozenset({"sent", "sent-manually", "opened", "denied", "signed"})
SHARE = 0.05


def make_offer(company: Company, candidacy: Candidacy, number: int) -> Record | None:
    """An offer for most who were hired and a few others; None for the rest. The statuses come in turn."""
    chance = company.chance
    posting = candidacy.posting
    if posting is None or not (chance.hit(0.9) if candidacy.hired else chance.hit(SHARE)):
        return None
    status = "signed" if candidacy.hired and chance.hit(0.85) else STATUSES[number % len(STATUSES)]
    created = min(candidacy.ended, company.now)
    sent = min(created + 2 * DAY, company.now) if status in SENT else None
    signed = min(created + 5 * DAY, company.now) if status == "signed" else None
    approved = status in APPROVED
    offer: Record = {
        "id": chance.uuid(),
        "posting": posting["id"],
        "createdAt": created,
        "status": status,
        "creator": company.user(),
        "fields": _fields(company, candidacy, posting, created),
        "approved": approved if status not in {"draft", "approval-sent"} else None,
        "approvedAt": min(created + DAY, company.now) if approved else None,
        "sentAt": sent,
        "sentDocument": _document(company, "offer-letter.pdf", sent),
        "signedDocument": _document(company, "offer-letter-signed.pdf", signed),
        "signatures": _signatures(company, candidacy, status, sent=sent, signed=signed),
    }
    requisition = company.requisition_of.get(posting["id"])
    if requisition and len(requisition["offerIds"]) < 50:
        requisition["offerIds"].append(offer["id"])
    return offer


def _document(company: Company, name: str, at: int | None) -> Record | None:
    if at is None:
        return None
    return {
        "fileName": name,
        "uploadedAt": at,
        "downloadUrl": f"https://hire.lever.co/files/{company.chance.uuid()}/download",
    }


def _fields(company: Company, candidacy: Candidacy, posting: Record, created: int) -> list[Record]:
    chance = company.chance
    categories = posting["categories"]
    manager = next((user["name"] for user in company.users if user["id"] == posting["hiringManager"]), None)
    values = [
        ("Company name", "company_name", "Lattice & Söhne"),
        ("Candidate name", "candidate_name", candidacy.record["name"]),
        ("Candidate email", "candidate_email", (candidacy.record["emails"] or [None])[0]),
        ("Job title", "job_title", posting["text"]),
        ("Location", "location", categories["location"]),
        ("Department", "department", categories["department"]),
        ("Team", "team", categories["team"]),
        ("Work type", "work_type", categories["commitment"]),
        ("Salary amount", "salary_amount", chance.between(40, 180) * 1000),
        ("Salary interval", "salary_interval", "per-year-salary"),
        ("Salary currency", "salary_currency", CURRENCIES.get(posting["country"], "USD")),
        ("Hiring manager", "hiring_manager", manager),
        ("Equity (options)", "equity_options", chance.between(0, 50) * 100),
        ("Laptop", "laptop_choice", chance.pick(("MacBook", "ThinkPad", None))),
    ]
    start = created + chance.between(20, 90) * DAY
    values.append(
        ("Start date", "start_date", start)
        if chance.hit(0.6)
        else ("Anticipated start date", "anticipated_start_date", start)
    )
    if chance.hit(0.4):
        values.append(("Bonus", "bonus", "10 % of base, paid yearly"))
    return [{"text": text, "identifier": identifier, "value": value} for text, identifier, value in values]


def _signatures(
    company: Company, candidacy: Candidacy, status: str, *, sent: int | None, signed: int | None
) -> Record | None:
    if sent is None or status == "sent-manually":
        return None
    opened = min(sent + DAY, company.now) if status in {"opened", "signed", "denied"} else None
    return {
        "candidate": {
            "role": "candidate",
            "name": candidacy.record["name"],
            "email": (candidacy.record["emails"] or [None])[0],
            "firstOpenedAt": opened,
            "lastOpenedAt": opened,
            "signedAt": signed,
            "signed": signed is not None,
        }
    }
