"""Interviews and the panels they belong to: past, coming and cancelled."""

from __future__ import annotations

from lever_assets.sandbox.generator.candidates import Candidacy
from lever_assets.sandbox.generator.company import DAY, HOUR, Company
from lever_assets.sandbox.generator.vocabulary import LOCATIONS
from lever_assets.sandbox.schema import Record

SUBJECTS = (
    "Phone screen",
    "Technical interview",
    "On-site",
    "Meet the team",
    "Case study",
    "Gespräch mit dem Team",
)
PLACES = (
    None,
    None,
    "Room Ada, 3rd floor",
    "https://meet.example.com/abc-defg-hij",
    "Zoom: https://example.zoom.us/j/91234567890",
    "",
)
NOTES = (
    None,
    "",
    "Please read the CV first.",
    "Join here: https://teams.example.com/l/meetup-join/19%3ameeting",
)
DURATIONS = (30, 30, 45, 60, 60, 90)
RESPONSES = ("accepted", "needsAction", "declined", "tentative")


def make_meetings(company: Company, candidacy: Candidacy) -> tuple[list[Record], list[Record]]:
    """Interviews (for about a third of the opportunities, leads included) and their panels."""
    chance = company.chance
    if not chance.hit(0.35):
        return [], []
    interviews: list[Record] = []
    panels: list[Record] = []
    for _ in range(chance.between(1, 4)):
        if panels and chance.hit(0.4):
            panel = panels[-1]
            start = panel["end"] + 15 * 60_000
        else:
            start = _start(company, candidacy)
            panel = _panel(company, candidacy, start)
            panels.append(panel)
        interview = _interview(company, candidacy, panel, start)
        interviews.append(interview)
        panel["end"] = start + interview["duration"] * 60_000
        panel["interviews"].append(_in_panel(company, interview))
    return interviews, panels


def _start(company: Company, candidacy: Candidacy) -> int:
    chance = company.chance
    open_still = candidacy.record["archived"] is None
    if open_still and chance.hit(0.5):
        day = company.now + chance.between(1, 21) * DAY
    else:
        day = chance.between(candidacy.created, max(candidacy.created, candidacy.ended))
    return day // DAY * DAY + chance.between(16, 34) * HOUR // 2


def _panel(company: Company, candidacy: Candidacy, start: int) -> Record:
    chance = company.chance
    created = min(max(candidacy.created, start - chance.between(2, 10) * DAY), company.now)
    canceled = chance.hit(0.12)
    external = chance.hit(0.1)
    return {
        "id": chance.uuid(),
        "applications": list(candidacy.record["applications"]),
        "start": start,
        "end": start,
        "timezone": chance.pick(LOCATIONS)[2],
        "canceledAt": min(max(created, start - DAY), company.now) if canceled else None,
        "createdAt": created,
        "externallyManaged": external,
        "externalUrl": "https://scheduling.example.com/panels" if external else None,
        "feedbackReminder": chance.pick(("once", "daily", "frequently", "none")),
        "note": chance.pick(NOTES),
        "stage": chance.pick(candidacy.record["stageChanges"])["toStageId"],
        "user": company.user(),
        "interviews": [],
    }


def _interview(company: Company, candidacy: Candidacy, panel: Record, start: int) -> Record:
    chance = company.chance
    template = chance.uuid() if chance.hit(0.4) else None
    people = {user["id"]: user for user in (chance.pick(company.users) for _ in range(chance.between(1, 3)))}
    return {
        "id": chance.uuid(),
        "panel": panel["id"],
        "subject": f"{chance.pick(SUBJECTS)} - {candidacy.record['name']}",
        "note": chance.pick(NOTES),
        "interviewers": [
            {"id": user["id"], "name": user["name"], "email": user["email"], "feedbackTemplate": template}
            for user in people.values()
        ],
        "timezone": panel["timezone"],
        "createdAt": panel["createdAt"],
        "date": start,
        "duration": chance.pick(DURATIONS),
        "location": chance.pick(PLACES),
        "feedbackTemplate": template,
        "feedbackForms": [chance.uuid()] if start < company.now and chance.hit(0.5) else [],
        "feedbackReminder": panel["feedbackReminder"],
        "user": panel["user"],
        "stage": panel["stage"],
        "canceledAt": panel["canceledAt"],
        "postings": [candidacy.posting["id"]] if candidacy.posting else [],
        "gcalEventUrl": "https://www.google.com/calendar/event?eid=abc" if chance.hit(0.5) else None,
        "opportunityId": candidacy.record["id"],
    }


def _in_panel(company: Company, interview: Record) -> Record:
    """An interview as its panel shows it: with the interviewers' answers to the invitation."""
    return interview | {
        "interviewers": [
            person | {"responseStatus": company.chance.pick(RESPONSES)}
            for person in interview["interviewers"]
        ]
    }
