"""Every figure of every mart, counted once more in plain Python: of what happened, not of our tables.

What happened comes from the local Lever's log of a year that it played, or is read off the records of an
account. Neither pandas nor anything of the marts is used here, but for the ids of rows.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import orjson
import pytest

from lever_assets.sandbox import Sandbox
from lever_assets.sandbox.year import Happening
from lever_assets.unified.ids import unified_id
from lever_assets.unified.marts import MARTS

Row = dict[str, Any]
Rows = list[Row]
_SENT = {"sent", "opened", "sent-manually", "signed", "denied"}
_DAY = 86_400_000


@dataclass
class Person:
    """An opportunity: when they came, their stages with the instant of each, and how it stands with them.

    `postings` are those of the applications, by the application's id. `stage` is where Lever says that they
    are; None: in the last one.
    """

    ident: str
    came: int
    source: str | None
    postings: dict[str, str | None] = field(default_factory=dict)
    applied: dict[str, int] = field(default_factory=dict)
    stages: list[tuple[str, int]] = field(default_factory=list)
    stage: str | None = None
    archived: int | None = None
    hired: bool = False

    @property
    def waits_since(self) -> tuple[str | None, int]:
        """The stage that they are in, and when they entered it last; where nobody knows, when they came."""
        if self.stage is None:
            return self.stages[-1]
        return self.stage, max((at for stage, at in self.stages if stage == self.stage), default=self.came)

    @property
    def posting(self) -> str | None:
        """The posting of the newest application."""
        newest = max(self.postings, key=lambda each: (self.applied[each], each), default=None)
        return self.postings[newest] if newest else None


@dataclass
class Story:
    """All that happened, as it stands at the end; interviews, offers and the rest by Lever's id."""

    stages: dict[str, Row] = field(default_factory=dict)
    postings: dict[str, Row] = field(default_factory=dict)
    requisitions: dict[str, Row] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    interviews: dict[str, Row] = field(default_factory=dict)
    offers: dict[str, Row] = field(default_factory=dict)

    def department(self, posting: str | None) -> str | None:
        """The department of a posting; one that has none has its team for one."""
        known = self.postings.get(posting or "", {})
        return known.get("department") or known.get("team")

    def linked_to(self, requisition: Row) -> set[str]:
        """The postings of a requisition, whichever of the two names the other."""
        code = requisition["requisitionCode"]
        named = {ident for ident, each in self.postings.items() if code in each["codes"]}
        return named | (self.postings.keys() & set(requisition["postings"]))


def told_by(log: Iterable[Happening]) -> Story:
    """Read the story off the log of a year."""
    story = Story()
    for each in log:
        _TELLERS[each.deed](story, each)
    return story


def _came(story: Story, what: Happening) -> None:
    said = what.said
    person = Person(what.of, what.at, said["source"], stages=[(said["stage"], what.at)])
    if said["application"]:
        person.postings[said["application"]] = said["posting"]
        person.applied[said["application"]] = what.at
    story.people[what.of] = person


def _moved(story: Story, what: Happening) -> None:
    story.people[what.of].stages.append((what.said["stage"], what.at))


def _archived(story: Story, what: Happening) -> None:
    story.people[what.of].archived, story.people[what.of].hired = what.at, what.said["hired"]


def _brought_back(story: Story, what: Happening) -> None:
    story.people[what.of].archived, story.people[what.of].hired = None, False


def _deleted(story: Story, what: Happening) -> None:
    del story.people[what.of]
    for kind in (story.interviews, story.offers):
        for ident in [ident for ident, each in kind.items() if each["opportunity"] == what.of]:
            del kind[ident]


def _put(kind: str) -> Callable[[Story, Happening], None]:
    def act(story: Story, what: Happening) -> None:
        standing: Row = getattr(story, kind).setdefault(what.of, {"at": what.at})
        standing |= what.said

    return act


_TELLERS: dict[str, Callable[[Story, Happening], None]] = {
    "stage": _put("stages"),
    "posting": _put("postings"),
    "requisition": _put("requisitions"),
    "came": _came,
    "moved": _moved,
    "archived": _archived,
    "brought back": _brought_back,
    "interview": _put("interviews"),
    "offer": _put("offers"),
    "anonymised": lambda _story, _what: None,  # what is counted stays
    "deleted": _deleted,
}


def read_off(sandbox: Sandbox) -> Story:
    """Read the story off the records of an account, of which each opportunity has one application at most."""
    story = Story()
    for place, stage in enumerate(reversed(sandbox.ids("stages"))):
        story.stages[stage] = {"name": (sandbox.get("stages", stage) or {})["text"], "place": place}
    for posting in every(sandbox, "postings"):
        said = {name: posting["categories"].get(name) for name in ("department", "team")}
        story.postings[posting["id"]] = {**said, "codes": posting["requisitionCodes"]}
    story.requisitions = {each["id"]: each for each in every(sandbox, "requisitions")}
    hired = {each["id"] for each in every(sandbox, "archive_reasons") if each.get("type") == "hired"}
    for opportunity in every(sandbox, "opportunities"):
        _read_person(story, sandbox, opportunity, hired)
    for interview in every(sandbox, "interviews"):
        users = [each["id"] for each in interview["interviewers"]]
        story.interviews[interview["id"]] = interview | {
            "opportunity": interview["opportunityId"],
            "users": users,
        }
    return story


def every(sandbox: Sandbox, resource: str) -> list[Row]:
    """All records of a resource."""
    return [sandbox.get(resource, each) or {} for each in sandbox.ids(resource)]


def _read_person(story: Story, sandbox: Sandbox, opportunity: Row, hired: Collection[str]) -> None:
    person = Person(opportunity["id"], opportunity["createdAt"], next(iter(opportunity["sources"]), None))
    archived = opportunity["archived"]
    for each in opportunity["applications"]:
        application = sandbox.get("applications", each) or {}
        person.postings[each], person.applied[each] = application["posting"], application["createdAt"]
        archived = application["archived"] or archived
    changes = [(each["toStageId"], each["updatedAt"]) for each in opportunity["stageChanges"]]
    person.stages = sorted(changes, key=lambda change: change[1])
    person.stage = opportunity["stage"]
    if archived:
        person.archived, person.hired = archived["archivedAt"], archived["reason"] in hired
    story.people[person.ident] = person
    for body in sandbox.account.children("offers", person.ident):
        offer = orjson.loads(body)
        story.offers[offer["id"]] = {"at": offer["createdAt"], "status": offer["status"]}
        story.offers[offer["id"]]["opportunity"] = person.ident


@dataclass(frozen=True)
class Figures:
    """The marts of a story, as rows of our ids."""

    story: Story
    account: str = "lever"

    def all(self) -> dict[str, Rows]:
        """All nine, by name."""
        return {
            "funnel": self.funnel(),
            "time_in_stage": self.time_in_stage(),
            "time_to_hire": self.time_to_hire(),
            "time_to_fill": self.time_to_fill(),
            "source_effectiveness": self.source_effectiveness(),
            "interviewer_load": self.interviewer_load(),
            "offer_acceptance": self.offer_acceptance(),
            "aging": self.aging(),
            "pipeline_coverage": self.pipeline_coverage(),
        }

    def _id(self, model: str, lever: str | None) -> str | None:
        return unified_id(self.account, model, lever) if lever else None

    def _key(self, model: str, lever: str | None) -> str:
        return self._id(model, lever) or ""

    def _stage(self, stage: str | None) -> Row:
        known = self.story.stages.get(stage or "", {})
        return {
            "stage_id": self._id("application_stages", stage),
            "stage_name": known.get("name"),
            "stage_index": known.get("place"),
        }

    def funnel(self) -> Rows:
        """Who entered each stage, and who went on."""
        found: dict[tuple[str, str, str, str], list[bool]] = defaultdict(list)
        for person in self.story.people.values():
            first: dict[str, int] = {}
            for stage, at in person.stages:
                first[stage] = min(at, first.get(stage, at))
            places = {
                stage: self.story.stages[stage]["place"] for stage in first if stage in self.story.stages
            }
            furthest = max(places.values(), default=-1)
            hired = person.hired and bool(person.postings)
            for stage, at in first.items():
                went_on = stage in places and places[stage] < furthest
                key = (month(at), person.posting or "", person.source or "", stage)
                found[key].append(went_on or hired)
        return [
            {
                "month": at,
                "job_id": self._key("jobs", posting),
                "source": source,
                **self._stage(stage),
                "department": self.story.department(posting),
                "entered": len(passed),
                "passed": sum(passed),
                "rate": sum(passed) / len(passed),
            }
            for (at, posting, source, stage), passed in found.items()
        ]

    def time_in_stage(self) -> Rows:
        """How long visits lasted that have ended."""
        found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for person in self.story.people.values():
            department = self.story.department(person.posting) or ""
            left = [at for _, at in person.stages[1:]]
            last = person.stages[-1][1] if person.stages else 0
            ends = [*left, None if person.archived is None else max(person.archived, last)]
            for (stage, at), end in zip(person.stages, ends, strict=False):
                if end is not None:
                    found[month(end), department, stage].append((end - at) / _DAY)
        return [
            {"month": at, "department": department, **self._stage(stage), "visits": len(days), **spread(days)}
            for (at, department, stage), days in found.items()
        ]

    def time_to_hire(self) -> Rows:
        """How long it took until people were hired."""
        found: dict[tuple[str, str], list[float]] = defaultdict(list)
        for person in self.story.people.values():
            for application, posting in person.postings.items():
                if person.hired and person.archived is not None:
                    department = self.story.department(posting) or ""
                    days = (person.archived - person.applied[application]) / _DAY
                    found[month(person.archived), department].append(days)
        return [
            {"month": at, "department": department, "hires": len(days), **spread(days)}
            for (at, department), days in found.items()
        ]

    def time_to_fill(self) -> Rows:
        """How long it took to fill requisitions."""
        found: dict[tuple[str, str], list[float]] = defaultdict(list)
        for each in self.story.requisitions.values():
            end = each["timeToFillEndAt"] or each["closedAt"]
            if end and (each["headcountHired"] or 0) > 0:
                start = each["timeToFillStartAt"] or each["createdAt"]
                found[month(end), each["department"] or ""].append((end - start) / _DAY)
        return [
            {"month": at, "department": department, "filled": len(days), **spread(days)}
            for (at, department), days in found.items()
        ]

    def source_effectiveness(self) -> Rows:
        """What became of the people of each source."""
        met = {each["opportunity"] for each in self.story.interviews.values() if not each["canceledAt"]}
        offered = {each["opportunity"] for each in self.story.offers.values() if each["status"] in _SENT}
        found: dict[tuple[str, str], list[tuple[bool, ...]]] = defaultdict(list)
        for person in self.story.people.values():
            applied = bool(person.postings)
            found[month(person.came), person.source or ""].append(
                (
                    applied,
                    person.ident in met,
                    applied and person.ident in offered,
                    applied and person.hired,
                )
            )
        return [
            {
                "month": at,
                "source": source,
                "candidates": len(came_to),
                "applied": sum(each[0] for each in came_to),
                "interviewed": sum(each[1] for each in came_to),
                "offered": sum(each[2] for each in came_to),
                "hired": (hired := sum(each[3] for each in came_to)),
                "rate": hired / len(came_to),
            }
            for (at, source), came_to in found.items()
        ]

    def interviewer_load(self) -> Rows:
        """How much each user interviewed."""
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for each in self.story.interviews.values():
            for user in each["users"]:
                found[month(each["date"]), user].append(each)
        return [
            {
                "month": at,
                "user_id": self._id("users", user),
                "interviews": sum(not each["canceledAt"] for each in meetings),
                "canceled": sum(bool(each["canceledAt"]) for each in meetings),
                "hours": sum(each["duration"] for each in meetings if not each["canceledAt"]) / 60,
            }
            for (at, user), meetings in found.items()
        ]

    def offer_acceptance(self) -> Rows:
        """What became of offers."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for each in self.story.offers.values():
            person = self.story.people[each["opportunity"]]
            found[month(each["at"]), person.posting or ""].append(each["status"])
        return [
            {
                "month": at,
                "job_id": self._key("jobs", posting),
                "department": self.story.department(posting),
                "offers": len(became),
                "accepted": (accepted := became.count("signed")),
                "declined": (declined := became.count("denied")),
                "withdrawn": (withdrawn := became.count("rescinded") + became.count("expired")),
                "undecided": len(became) - accepted - declined - withdrawn,
                "rate": accepted / (accepted + declined) if accepted + declined else None,
            }
            for (at, posting), became in found.items()
        ]

    def aging(self) -> Rows:
        """Who waits, and since when."""
        return [
            {
                "application_id": self._id("applications", application),
                "month": month(since),
                "candidate_id": self._id("candidates", person.ident),
                "job_id": self._key("jobs", posting),
                "department": self.story.department(posting),
                **self._stage(stage),
                "since": instant(since),
            }
            for person in self.story.people.values()
            if person.archived is None
            for stage, since in [person.waits_since]
            for application, posting in person.postings.items()
        ]

    def pipeline_coverage(self) -> Rows:
        """How many wait for each open requisition."""
        waiting: dict[str | None, int] = defaultdict(int)
        for person in self.story.people.values():
            for posting in person.postings.values():
                waiting[posting] += person.archived is None
        return [
            self._covered(ident, each, waiting)
            for ident, each in self.story.requisitions.items()
            if each["status"] == "open"
        ]

    def _covered(self, ident: str, requisition: Row, waiting: Mapping[str | None, int]) -> Row:
        jobs = self.story.linked_to(requisition)
        total = None if requisition["headcountInfinite"] else requisition["headcountTotal"]
        hired = requisition["headcountHired"] or 0
        left = None if total is None else max(total - hired, 0)
        applications = sum(waiting[each] for each in jobs)
        opened = requisition["timeToFillStartAt"] or requisition["createdAt"]
        return {
            "requisition_id": self._id("requisitions", ident),
            "month": month(opened),
            "department": requisition["department"],
            "headcount_total": total,
            "headcount_hired": hired,
            "headcount_open": left,
            "jobs": len(jobs),
            "applications": applications,
            "coverage": applications / left if left else None,
        }


def instant(milliseconds: int) -> datetime:
    """An instant of Lever's, in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def month(milliseconds: int) -> str:
    """The month of an instant of Lever's, in UTC."""
    return instant(milliseconds).strftime("%Y-%m")


def spread(days: Sequence[float]) -> Row:
    """The median, and what nine of ten stay below, on the straight line between two values."""
    return {"median_days": at_share(days, 0.5), "p90_days": at_share(days, 0.9)}


def at_share(values: Sequence[float], share: float) -> float:
    """The value below which a share of them lies."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = [*pairwise(ordered), (ordered[-1], ordered[-1])][int(place)]
    return below[0] + (below[1] - below[0]) * (place - int(place))


def assert_right(marts: Mapping[str, Rows], figures: Figures) -> None:
    """See that each mart has the figures, and no other rows."""
    expected = figures.all()
    for mart in MARTS:
        assert same(marts[mart.name], expected[mart.name], mart.key), mart.name


def same(found: Iterable[Row], expected: Iterable[Row], key: Sequence[str]) -> bool:
    """Whether rows are the same, whatever their order, with fractions to a tenth of a second in days."""

    def in_order(rows: Iterable[Row]) -> Rows:
        return sorted(rows, key=lambda row: [row[name] for name in key])

    return in_order(found) == [
        {name: pytest.approx(it, abs=1e-6) if isinstance(it, float) else it for name, it in row.items()}
        for row in in_order(expected)
    ]
