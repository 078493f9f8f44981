"""A vendor whose assessments are ordered in the sandbox: what the tests of assessments share."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import orjson
from sqlalchemy import select

from lever_assets.api.own_sync import OWN_SYNC
from lever_assets.assessment.seeing_to import seeing_to_orders
from lever_assets.notices.delivering import deliver
from lever_assets.notices.enqueueing import enqueue
from lever_assets.store.tables import assessment_orders, notice_outbox
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets_tests.actions.recruiting import Person
from lever_assets_tests.api.served import Served
from lever_assets_tests.serving import Quiet, serving

PACKAGES = [
    {"id": "p-code", "type": "SKILLS_TEST", "name": "Coding", "description": "Two hours of Python"},
    {"id": "p-talk", "type": "VIDEO_INTERVIEW", "name": "Talk", "description": ""},
]
RESULT = {
    "status": "COMPLETED",
    "result_url": "https://vendor.example/results/1",
    "completed_at": "2026-11-27T10:00:00.000Z",
    "score": 87.5,
    "max_score": 100,
    "attributes": [
        {"type": "TEXT", "label": "Level", "value": "Senior"},
        {
            "type": "SUB_RESULT",
            "id": "1",
            "label": "Algorithms",
            "score": {"value": 40, "max": 50},
            "status": "COMPLETED",
        },
    ],
    "attachments": [{"name": "report.pdf", "content_type": "application/pdf", "data": "JVBERi0xLjQK"}],
}


@dataclass
class Inbox:
    """A receiver of notices: what came, and what is answered (status and body), the last for ever."""

    url: str
    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(200, b"")])
    bodies: list[bytes] = field(default_factory=list)

    @property
    def notices(self) -> list[dict[str, Any]]:
        return [orjson.loads(each) for each in self.bodies]


@contextmanager
def receiving() -> Iterator[Inbox]:
    """A receiver as long as the block lasts."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            inbox.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            status, body = inbox.answers.pop(0) if len(inbox.answers) > 1 else inbox.answers[0]
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as port:
        inbox = Inbox(f"http://127.0.0.1:{port}/orders")
        yield inbox


def stages(api: Served) -> list[dict[str, Any]]:
    """Return the stages of Lever's pipeline."""
    found: list[dict[str, Any]] = api.account.read("/stages")
    return found


def arrive(api: Served, *, tags: list[str] | None = None, stage: str | None = None) -> Person:
    """Let somebody who waits for a decision come into the stage for assessments."""
    person, sandbox = api.account.person(), api.account.sandbox
    record = sandbox.get("opportunities", person.opportunity) or {}
    if tags:
        sandbox.edit("opportunities", person.opportunity, {"tags": [*record["tags"], *tags]})
    here = stage or trigger(api)
    if record["stage"] == here:
        sandbox.move(person.opportunity, stages(api)[0]["id"])
    sandbox.move(person.opportunity, here)
    return person


def trigger(api: Served) -> str:
    """Return Lever's id of the stage for assessments."""
    named = api.settings.assessment_stage
    return str(next(each["id"] for each in stages(api) if named in {each["id"], each["text"]}))


def see_to(api: Served, **settings: Any) -> None:
    """Sync what changed, and see to orders and notices, as a command does at its end."""
    given = {name: getattr(api.settings, name) for name in api.settings.model_fields_set}
    with api.account.session(**{**given, **settings}) as session:
        sync(session, Scope(delta=True))
        with seeing_to_orders(session.store, session.settings):
            enqueue(session.store, session.settings)
            deliver(session.store, session.settings)


def ended(api: Served) -> None:
    """Wait for the end of the sync that was asked for over HTTP."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        with api.account.session() as session, session.reading() as tx:
            if OWN_SYNC.read(tx) is None:
                return
        time.sleep(0.1)
    raise AssertionError("the sync goes on and on")


def rows(api: Served) -> list[dict[str, Any]]:
    """Return the table of orders."""
    with api.account.session() as session, session.reading() as tx:
        query = select(assessment_orders).order_by(assessment_orders.c.arrived_at, assessment_orders.c.id)
        return [dict(row) for row in tx.sql.execute(query).mappings()]


def outbox(api: Served) -> list[dict[str, Any]]:
    """Return the table of notices about orders."""
    c = notice_outbox.c
    with api.account.session() as session, session.reading() as tx:
        query = select(notice_outbox).where(c.about.is_not(None)).order_by(c.number)
        return [dict(row) for row in tx.sql.execute(query).mappings()]


def tags(api: Served, person: Person) -> set[str]:
    """Return the tags of assessments that Lever has on a person."""
    found = api.account.read(f"/opportunities/{person.opportunity}")["tags"]
    return {each for each in found if each.casefold().startswith("acme:")}


def notes(api: Served, person: Person) -> list[str]:
    """Return the notes in Lever that are about assessments."""
    return [each for each in api.account.notes(person) if "ssessment" in each]
