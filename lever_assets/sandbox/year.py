"""A company that recruits day after day: people come, are moved, met, offered jobs, hired, turned down.

It works through `Simulation`, at instants of the sandbox's clock, and writes down what happens as it happens:
each entry says what was done, not what the records tell afterwards. A seed gives the same days, with new ids.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, Literal

import orjson

from lever_assets.sandbox.account import Where
from lever_assets.sandbox.chance import Chance
from lever_assets.sandbox.generator.vocabulary import FIRST_NAMES, LAST_NAMES
from lever_assets.sandbox.recruiting.changes import UnknownRecord
from lever_assets.sandbox.schema import Record
from lever_assets.sandbox.simulation import HOUR, Simulation

DAY = 24 * HOUR
SOURCES = ("LinkedIn", "Referral", "Careers page", "Agency", "Job fair", "")
DEPARTMENTS = ("Engineering", "Sales", "Marketing", "People")
ACCEPTED, GIVEN_UP = "signed", {"denied", "rescinded"}
MEETING = 5
"""From this stage of the pipeline on people are met."""
Deed = Literal[
    "stage",
    "posting",
    "requisition",
    "came",
    "moved",
    "archived",
    "brought back",
    "interview",
    "offer",
    "anonymised",
    "deleted",
]


@dataclass(frozen=True)
class Happening:
    """What happened at an instant (epoch milliseconds): the deed, the id of whom or what, and the rest.

    Those of stages, postings and requisitions say how one stands from then on, those of interviews and offers
    likewise; the first ones of a log are what there was before.
    """

    at: int
    deed: Deed
    of: str
    said: Record


@dataclass
class _Person:
    """Somebody on their way: `place` is that of their stage, from 0; `offer` how their offer stands."""

    ident: str
    posting: str | None
    place: int
    offer: str | None = None


@dataclass(eq=False)
class Year:
    """The days of a company; `play` lets some of them pass, and `log` is all that happened."""

    deeds: Simulation
    seed: int = 1
    log: list[Happening] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = Chance(self.seed)
        self._agenda: list[tuple[int, int, Callable[[int], None]]] = []
        self._numbers = count(1)
        self._addresses: list[tuple[str, set[str | None]]] = []
        self._taking: dict[str, str | None] = {}
        self._requisitions: dict[str, Record] = {}

    def play(self, days: int, a_day: float = 8.0) -> list[Happening]:
        """Let so many days pass, in which so many people come; return what happened.

        The clock is where the days end then, and goes on from there.
        """
        clock, first = self.deeds.changes.clock, len(self.log)
        start = clock.read()
        if not self.log:
            self._take_stock(start)
        self._forget_what_is_gone()
        end = start + days * DAY
        for day in range(days):
            self._plan_a_day(start + day * DAY, a_day)
        while self._agenda and self._agenda[0][0] <= end:
            at, _, act = heapq.heappop(self._agenda)
            clock.set(at, frozen=True)
            with suppress(UnknownRecord):  # somebody else has deleted them in the meantime
                act(at)
        clock.set(end)
        return self.log[first:]

    def _take_stock(self, at: int) -> None:
        account = self.deeds.changes.account
        pipeline = [orjson.loads(row) for row in account.page("stages", Where(), 1000, None).rows]
        self._stages = [each["id"] for each in pipeline]
        self._offering = self._stages.index("offer")
        self._slow = [self._chance.between(1, 12) for _ in pipeline]
        for place, stage in enumerate(pipeline):
            self._say(at, "stage", stage["id"], name=stage["text"], place=place)
        reasons = [account.record("archive_reasons", each) or {} for each in account.ids("archive_reasons")]
        self._reasons = {
            hired: [each["id"] for each in reasons if (each["type"] == "hired") is hired]
            for hired in (True, False)
        }
        self._users = [account.record("users", each) or {} for each in account.ids("users")]
        for ident in account.ids("postings"):
            self._say_posting(at, account.record("postings", ident) or {})
        for ident in account.ids("requisitions"):
            self._say_requisition(at, account.record("requisitions", ident) or {})

    def _forget_what_is_gone(self) -> None:
        """Let nobody apply for, hire for or be moved by what others have deleted since the last days."""
        there = self.deeds.changes.account.record
        self._users = [each for each in self._users if there("users", each["id"])]
        self._taking = {each: said for each, said in self._taking.items() if there("postings", each)}
        self._requisitions = {
            each: said for each, said in self._requisitions.items() if there("requisitions", each)
        }

    def _plan_a_day(self, midnight: int, a_day: float) -> None:
        for _ in range(int(a_day + self._chance.random())):
            self._plan(midnight, 0, self._come)
        for share, act in (
            (0.1, self._open_posting),
            (0.03, self._rename_department),
            (0.2, self._open_requisition),
            (0.02, self._give_up_requisition),
        ):
            if self._chance.hit(share):
                self._plan(midnight, 0, act)

    def _plan(self, at: int, days: float, act: Callable[[int], None]) -> None:
        """Have something done so many days later, at working hours."""
        later = at + int(days * DAY)
        planned = later - later % DAY + 8 * HOUR + self._chance.between(0, 10 * HOUR)
        heapq.heappush(self._agenda, (max(planned, at + 1), next(self._numbers), act))

    def _say(self, at: int, deed: Deed, of: str, **said: Any) -> None:
        self.log.append(Happening(at, deed, of, said))

    # Postings and requisitions

    def _say_posting(self, at: int, posting: Record) -> None:
        said = {name: posting["categories"][name] for name in ("department", "team")}
        self._taking[posting["id"]] = said["department"]
        self._say(at, "posting", posting["id"], **said, codes=posting["requisitionCodes"])

    def _open_posting(self, at: int) -> None:
        posting = self.deeds.add_posting()
        department = self._chance.pick(DEPARTMENTS)
        self._set_department(at, posting["id"], department)

    def _rename_department(self, at: int) -> None:
        posting = self._chance.pick(list(self._taking))
        self._set_department(at, posting, self._chance.pick(DEPARTMENTS))

    def _set_department(self, at: int, posting: str, department: str) -> None:
        def act(record: Record) -> None:
            record["categories"] = record["categories"] | {"department": department}
            record["updatedAt"] = at

        self._say_posting(at, self.deeds.changes.change("postings", posting, act))

    def _say_requisition(self, at: int, requisition: Record) -> None:
        self._requisitions[requisition["id"]] = requisition
        self._say(at, "requisition", requisition["id"], **requisition)

    def _open_requisition(self, at: int) -> None:
        number = next(self._numbers)
        posting = self._chance.pick(list(self._taking))
        unlimited = self._chance.hit(0.1)
        requisition = {
            "id": self._chance.uuid(),
            "createdAt": at,
            "updatedAt": at,
            "confidentiality": "non-confidential",
            "status": "open",
            "name": f"{self._taking[posting] or 'Company'} hire {number}",
            "requisitionCode": f"YEAR-{number:05}",
            "headcountTotal": "unlimited" if unlimited else self._chance.between(1, 3),
            "headcountHired": 0,
            "headcountInfinite": unlimited,
            "backfill": self._chance.hit(0.3),
            "creator": self._users[0]["id"],
            "owner": self._users[0]["id"],
            "hiringManager": self._users[-1]["id"],
            "internalNotes": "",
            "compensationBand": None,
            "approval": None,
            "employmentStatus": None,
            "location": None,
            "team": None,
            "department": self._taking[posting],
            "postings": [posting],
            "offerIds": [],
            "timeToFillStartAt": at,
            "timeToFillEndAt": None,
            "customFields": {},
            "closedAt": None,
        }
        self._say_requisition(at, self.deeds.changes.add("requisitions", requisition))

    def _give_up_requisition(self, at: int) -> None:
        found = [each["id"] for each in self._requisitions.values() if each["status"] == "open"]
        if found:
            self._edit_requisition(at, self._chance.pick(found), status="canceled", closedAt=at)

    def _fill_requisition(self, at: int, posting: str | None) -> None:
        """Somebody was hired: an open requisition of the posting, if any, has one less to hire."""
        for each in self._requisitions.values():
            if each["status"] == "open" and posting in each["postings"]:
                hired, total = each["headcountHired"] + 1, each["headcountTotal"]
                full = isinstance(total, int) and hired >= total
                ended = {"status": "closed", "closedAt": at, "timeToFillEndAt": at} if full else {}
                self._edit_requisition(at, each["id"], headcountHired=hired, **ended)
                return

    def _edit_requisition(self, at: int, ident: str, **fields: Any) -> None:
        def act(record: Record) -> None:
            record |= fields | {"updatedAt": at}

        self._say_requisition(at, self.deeds.changes.change("requisitions", ident, act))

    # People

    def _come(self, at: int) -> None:
        posting = None if self._chance.hit(0.1) else self._chance.pick(list(self._taking))
        address, before = f"p{next(self._numbers)}@example.com", set[str | None]()
        if self._addresses and self._chance.hit(0.06):
            address, before = self._chance.pick(self._addresses)
        if posting in before:
            return
        before.add(posting)
        self._addresses.append((address, before))
        place = self._chance.pick((3, 3, 3, 4)) if posting else self._chance.pick((0, 1))
        source = self._chance.pick(SOURCES)
        opportunity = self.deeds.add_opportunity(
            self._chance.pick(self._users)["id"],
            name=f"{self._chance.pick(FIRST_NAMES)} {self._chance.pick(LAST_NAMES)}",
            emails=[address],
            stage=self._stages[place],
            origin="applied" if posting else "sourced",
            postings=[posting] if posting else [],
            **({"sources": [source]} if source else {}),
        )
        self._say(
            at,
            "came",
            opportunity["id"],
            posting=posting,
            application=next(iter(opportunity["applications"]), None),
            source=source or "Added manually",
            stage=self._stages[place],
        )
        self._plan(
            at, self._chance.between(1, 6), partial(self._go_on, _Person(opportunity["id"], posting, place))
        )

    def _go_on(self, person: _Person, at: int) -> None:
        """The next step of somebody: mostly one stage on; some are turned down, and some wait for ever."""
        roll = self._chance.random()
        if roll < 0.1:
            self._turn_down(person, at)
        elif roll < 0.13:
            return  # nobody thinks of them any more
        else:
            step = -1 if roll < 0.18 and person.place else 2 if roll < 0.22 else 1
            place = person.place + step
            if person.place < self._offering < place:  # nobody goes past the offer
                place = self._offering
            if person.offer in GIVEN_UP:
                self._archive(person, at, hired=False)
            elif place < len(self._stages):
                self._move(person, at, place)
                self._plan_next_step(person, at)
            elif person.offer == ACCEPTED:
                self._archive(person, at, hired=True)
                self._fill_requisition(at, person.posting)
            else:
                self._plan_next_step(person, at)

    def _plan_next_step(self, person: _Person, at: int) -> None:
        days = self._chance.between(1, 2 + self._slow[person.place])
        self._plan(at, days, partial(self._go_on, person))

    def _move(self, person: _Person, at: int, place: int) -> None:
        self.deeds.move(person.ident, self._stages[place], self._chance.pick(self._users)["id"])
        person.place = place
        self._say(at, "moved", person.ident, stage=self._stages[place])
        if place >= MEETING and self._chance.hit(0.5):
            self._meet(person, at)
        if place == self._offering and person.offer is None:
            self._offer(person, at)

    def _archive(self, person: _Person, at: int, *, hired: bool) -> None:
        self.deeds.archive(person.ident, self._chance.pick(self._reasons[hired]))
        self._say(at, "archived", person.ident, hired=hired)

    def _turn_down(self, person: _Person, at: int) -> None:
        self._archive(person, at, hired=False)
        if self._chance.hit(0.15):
            self._plan(at, self._chance.between(3, 40), partial(self._bring_back, person))
        elif self._chance.hit(0.03):
            self._plan(at, self._chance.between(1, 30), partial(self._forget, person))

    def _bring_back(self, person: _Person, at: int) -> None:
        self.deeds.archive(person.ident, None)
        self._say(at, "brought back", person.ident)
        self._plan(at, self._chance.between(1, 5), partial(self._go_on, person))

    def _forget(self, person: _Person, at: int) -> None:
        """Somebody asks to be forgotten: most are anonymised, some deleted."""
        if self._chance.hit(0.7):
            self.deeds.anonymise(person.ident)
            self._say(at, "anonymised", person.ident)
        else:
            self.deeds.changes.remove("opportunities", person.ident)
            self._say(at, "deleted", person.ident)

    # Interviews and offers

    def _meet(self, person: _Person, at: int) -> None:
        start = at + self._chance.between(1, 9) * DAY
        users = self._chance.sample(self._users, self._chance.between(1, 2))
        said: Record = {"date": start, "duration": self._chance.pick((30, 45, 60)), "canceledAt": None}
        interview = self.deeds.add_interview(
            person.ident,
            interviewers=[{name: each[name] for name in ("id", "name", "email")} for each in users],
            **said,
        )
        self._say(
            at,
            "interview",
            interview["id"],
            opportunity=person.ident,
            users=[each["id"] for each in users],
            **said,
        )
        roll = self._chance.random()
        if roll < 0.1:
            self._plan(at, 0.5, partial(self._change_interview, interview["id"], "canceledAt"))
        elif roll < 0.2:
            self._plan(at, 0.5, partial(self._change_interview, interview["id"], "date"))

    def _change_interview(self, ident: str, what: str, at: int) -> None:
        if self.deeds.changes.account.record("interviews", ident) is None:
            return  # it went with its opportunity
        new = at if what == "canceledAt" else at + self._chance.between(10, 40) * DAY
        self.deeds.changes.change("interviews", ident, lambda record: record.update({what: new}))
        self._say(at, "interview", ident, **{what: new})

    def _offer(self, person: _Person, at: int) -> None:
        offer = self.deeds.add_offer(person.ident)
        self._say(at, "offer", offer["id"], opportunity=person.ident, status="draft")
        course = self._chance.pick(
            (("sent", "signed"), ("sent", "signed"), ("sent", "denied"), ("sent", "rescinded"), ("sent",), ())
        )
        for number, status in enumerate(course, start=1):
            self._plan(at, number * 1.5, partial(self._change_offer, person, offer["id"], status))
        person.offer = "draft"

    def _change_offer(self, person: _Person, ident: str, status: str, at: int) -> None:
        if self.deeds.changes.account.record("offers", ident) is None:
            return  # as above
        sent = {"sentAt": at} if status == "sent" else {}
        self.deeds.changes.change("offers", ident, lambda record: record.update(status=status, **sent))
        person.offer = status
        self._say(at, "offer", ident, status=status)
