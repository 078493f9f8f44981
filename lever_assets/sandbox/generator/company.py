"""Who works at the generated company, and how it recruits: users, stages, archive reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from unicodedata import normalize

from lever_assets.sandbox.chance import Chance
from lever_assets.sandbox.generator.vocabulary import FIRST_NAMES, LAST_NAMES
from lever_assets.sandbox.schema import Record

DAY = 86_400_000
HOUR = 3_600_000
# The company began to use Lever on 2022-01-10.
FOUNDED = 1_641_801_600_000

# Recorded: answers say "super admin" where the documentation says super_admin.
ACCESS_ROLES = (
    "super admin",
    "admin",
    "team member",
    "limited team member",
    "interviewer",
    "super_admin",
    "Recruiting coordinator",
)
JOB_TITLES = (
    None,
    None,
    "Recruiter",
    "Head of Talent",
    "Sourcer",
    "Engineering Manager",
    "Account Director",
    "",
)

# id (None: the account's own, a UUID), text, pipeline, rank, hasInterview
STAGES = (
    ("lead-new", "New lead", "lead", 1, False),
    ("lead-reached-out", "Reached out", "lead", 3, False),
    ("lead-responded", "Responded", "lead", 5, False),
    ("applicant-new", "New applicant", "applicant", 101, False),
    (None, "Hiring manager review", "applicant", 105.5, False),
    (None, "Recruiter screen", "screen", 201, True),
    (None, "Technical interview", "interview", 221, True),
    (None, "On-site interview", "interview", 231, True),
    (None, "Reference check", "interview", 231.5, True),
    ("offer", "Offer", "offer", 261, False),
    (None, "Background check", "offer", 262, False),
)
LEADS = 3
OFFER = 9

REASONS = (
    ("Underqualified", "active", "non-hired"),
    ("Withdrew", "active", "non-hired"),
    ("Offer declined", "active", "non-hired"),
    ("Position closed", "active", "non-hired"),
    ("Compensation", "active", "non-hired"),
    ("Timing", "active", "non-hired"),
    ("Better for another role", "active", "non-hired"),
    ("No response", "active", "non-hired"),
    ("No response - OLD", "inactive", "non-hired"),
    ("Hired", "active", "hired"),
    ("Hired - internal move", "active", "hired"),
)


@dataclass
class Company:
    """What the records refer to, as it is made, step by step. Instants are epoch milliseconds."""

    chance: Chance
    now: int
    account_id: str
    users: list[Record] = field(default_factory=list)
    stages: list[Record] = field(default_factory=list)
    reasons: list[Record] = field(default_factory=list)
    postings: list[Record] = field(default_factory=list)
    advertised: list[Record] = field(default_factory=list)
    forms: list[Record] = field(default_factory=list)
    requisitions: list[Record] = field(default_factory=list)
    requisition_of: dict[str, Record] = field(default_factory=dict)
    form_of: dict[str, Record] = field(default_factory=dict)

    def user(self) -> str:
        """Someone who works here, now or then."""
        return str(self.chance.pick(self.users)["id"])

    def reason(self, kind: str) -> str:
        """An archive reason, `hired` or `non-hired`."""
        return str(self.chance.pick([reason for reason in self.reasons if reason["type"] == kind])["id"])


def person_name(chance: Chance) -> str:
    """A name from anywhere."""
    return f"{chance.pick(FIRST_NAMES)} {chance.pick(LAST_NAMES)}"


def handle(name: str, number: int) -> str:
    """A name as it stands in an e-mail address; names in other scripts become their number."""
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return ".".join(words) or f"person{number}"


def make_users(company: Company, count: int) -> None:
    """Users of every access role; one in eight is deactivated."""
    chance = company.chance
    for number in range(count):
        name = person_name(chance)
        username = handle(name, number)
        created = FOUNDED + int(chance.random() ** 2 * (company.now - FOUNDED - 30 * DAY))
        gone = number == len(ACCESS_ROLES) or (number > len(ACCESS_ROLES) and chance.hit(0.125))
        boss = company.users[chance.between(0, number - 1)]["id"] if number > 3 and chance.hit(0.5) else None
        company.users.append(
            {
                "id": chance.uuid(),
                "name": name,
                "username": username,
                "email": f"{username}.{number}@example.com",
                "accessRole": ACCESS_ROLES[number % len(ACCESS_ROLES)],
                "photo": f"https://example.com/photos/{number}.png" if chance.hit(0.3) else None,
                "createdAt": created,
                "deactivatedAt": chance.between(created + DAY, company.now) if gone else None,
                "externalDirectoryId": f"hris-{number:05d}" if chance.hit(0.3) else None,
                "linkedContactIds": [chance.uuid()] if chance.hit(0.1) else None,
                "jobTitle": chance.pick(JOB_TITLES),
                "managerId": boss,
            }
        )


def make_pipeline(company: Company) -> Record:
    """Stages and archive reasons; returns them once more in the shape of /disposition_stages."""
    chance = company.chance
    disposition: Record = {"stages": [], "archiveReasons": []}
    for ident, text, pipeline, rank, has_interview in STAGES:
        stage = {"id": ident or chance.uuid(), "text": text}
        company.stages.append(stage)
        disposition["stages"].append(
            stage | {"pipeline": pipeline, "rank": rank, "hasInterview": has_interview},
        )
    for text, status, kind in REASONS:
        reason = {"id": chance.uuid(), "text": text, "status": status, "type": kind}
        company.reasons.append(reason)
        # Recorded: here the type is null unless it is "hired".
        disposition["archiveReasons"].append(
            {"id": reason["id"], "text": text, "type": "hired" if kind == "hired" else None, "status": status}
        )
    return disposition
