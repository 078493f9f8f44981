"""Whatever JSON Lever answers with, wherever in it: an action answers with its envelope, and writes once."""

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.errors import Code
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.actions.newcomers import (
    answer,
    applications_of,
    creation,
    document,
    open_job,
    person_with,
    somebody,
)
from lever_assets_tests.actions.recruiting import Person, Recruiting, fresh, from_template
from lever_assets_tests.actions.writes import WRITES
from lever_assets_tests.meddling import Asked, Meddler, Reply, meddling

GONE = object()
ODD: tuple[Any, ...] = (
    GONE,
    *(None, True, False, 0, -1, 2**63, 10**30, 1e308, "", "x", " ", "\u2028", "\u0000", "1999-13-45", "[]"),
    *([], [None], [[]], ["x", 1], {}, {"id": 1}, {"": None}, {"id": ["x"], "name": {}}, [{"value": {}}]),
    *([{}], [{"id": None}], {"data": []}, [{"id": "x", "fields": 1}], [{"id": "a"}, {"id": "a"}]),
)
WHOLE: tuple[bytes, ...] = (
    *(b"null", b"[]", b"{}", b'""', b"1", b"true", b"NaN", b'{"data": NaN}', b'{"data": {"id": "\\ud800"}}'),
    *(b'{"data": ' + b"[" * 2000 + b"]" * 2000 + b"}", b'{"data": {"id": ' + b"[" * 200 + b"]" * 200 + b"}}"),
    *(b"", b"\xff\xfe", b'{"data": {}}', b'{"data": []}', b'{"data": [null]}', b'{"data": {}, "next": 1}'),
    *(b'{"data": [], "hasNext": true, "next": "x"}', b'{"data": {"id": 1e999}}', b'{"data": "x"}'),
)


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    """An account of its own, since what is read of it is odd."""
    with running_sandbox(SandboxConfig(opportunities=60, seed=11, rate=0)) as running:
        yield running


@pytest.fixture(scope="module")
def account(lever: Sandbox, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Recruiting:
    folder = tmp_path_factory.mktemp("odd")
    account = from_template(lever, folder, sqlite_template)
    shutil.copy(folder / "lever.db", folder / "clean.db")
    return account


@pytest.fixture(scope="module")
def meddler(lever: Sandbox) -> Iterator[Meddler]:
    with meddling(lever.url) as between:
        yield between


Place = tuple[str | int, ...]
CODES = {code.value for code in Code}


@dataclass(frozen=True)
class Trial:
    """An action with its input, and how often its effect is in Lever (None: it writes nothing)."""

    name: str
    given: dict[str, Any]
    effects: Callable[[], int] | None


def created(account: Recruiting, *, form: bool) -> Trial:
    answers = [answer("text", "Because."), answer("choice", "remote:o-1"), answer("date", "2026-12-31")]
    given = creation(
        open_job(account, "text", "choice", "date", "instruction", required=("text",), eeo=True),
        person_with(),
        stage_id="remote:offer",
        screening_question_answers=answers if form else None,
        attachments=[document(), document("letter.pdf", b"a letter", type="COVER_LETTER")],
    )
    return Trial("create_application", given, lambda: len(applications_of(account, given)))


def written(name: str) -> Callable[[Recruiting, Person], Trial]:
    def trial(account: Recruiting, person: Person) -> Trial:
        found = WRITES[name](account, person)
        return Trial(name, found.given, lambda: found.effects(account))

    return trial


def rejected_with_a_note(account: Recruiting, person: Person) -> Trial:
    trial, text = written("reject_application")(account, person), fresh("note")
    return Trial(trial.name, {**trial.given, "note": text}, lambda: account.notes(person).count(text))


TRIALS: dict[str, Callable[[Recruiting, Person], Trial]] = {
    **{name: written(name) for name in WRITES},
    "reject_with_a_note": rejected_with_a_note,
    "create_directly": lambda account, _: created(account, form=False),
    "create_by_form": lambda account, _: created(account, form=True),
    "get_candidate_attachments": lambda _, person: Trial(
        "get_candidate_attachments", {"candidate_id": f"remote:{person.opportunity}"}, None
    ),
}


def template(asked: Asked) -> str:
    path = re.sub(r"/(?:[0-9a-f]+-[0-9a-f-]+|lead-[a-z-]+|applicant-new|offer)(?=/|$)", "/:id", asked.path)
    return f"{asked.method} {path}"


def run(account: Recruiting, meddler: Meddler, trial: Trial, **options: Any) -> ActionAnswer:
    meddler.asked = []
    settings = {"base_url": meddler.url, "perform_as": somebody(account)}
    return account.run(trial.name, trial.given, settings=settings, **options)


def endpoints(account: Recruiting, meddler: Meddler, name: str) -> list[str]:
    """Return what an action asks of Lever."""
    person = account.person()
    meddler.change = None
    found = run(account, meddler, TRIALS[name](account, person), idempotency_key=fresh("even"))
    assert found.succeeded, found.error
    bring_back(account, person)
    return list(dict.fromkeys(template(each) for each in meddler.asked))


def bring_back(account: Recruiting, person: Person) -> None:
    account.sandbox.edit("opportunities", person.opportunity, {"archived": None})
    account.sandbox.edit("applications", person.remote_application, {"archived": None})


def places(value: JsonValue, here: Place = ()) -> Iterator[Place]:
    """Yield every place in a value; of a list the first three."""
    yield here
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    )
    for key, each in inner:
        yield from places(each, (*here, key))


def spoilt(value: Any, place: Place, odd: Any) -> Any:
    """Return a copy with something odd at a place, or without it."""
    if not place:
        return odd
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    if place[1:] or odd is not GONE:
        copy[place[0]] = spoilt(value[place[0]], place[1:], odd)
    else:
        del copy[place[0]]
    return copy


def spoiling(chance: random.Random, endpoint: str) -> Callable[[Asked, Reply], Reply]:
    """Return what puts something odd into one place of each answer of an endpoint, or in place of it all."""

    def change(asked: Asked, reply: Reply) -> Reply:
        if template(asked) != endpoint or reply.status >= 300 or not reply.body:
            return reply
        if chance.random() < 0.15:
            return reply.giving(reply.status, chance.choice(WHOLE))
        place = chance.choice([each for each in places(reply.json) if each])
        return reply.giving(reply.status, spoilt(reply.json, place, chance.choice(ODD)))

    return change


def holds(account: Recruiting, meddler: Meddler, name: str, endpoint: str, seed: int) -> None:
    """Assert that the action stays in its envelope, writes once at most, and says no success of nothing."""
    person = account.person()
    trial = TRIALS[name](account, person)
    meddler.change = spoiling(random.Random(f"{name} {endpoint} {seed}"), endpoint)
    found = run(account, meddler, trial, download_to=account.folder, idempotency_key=fresh("odd"))
    meddler.change = None
    why = (name, endpoint, seed, found)
    told = json.loads(json.dumps(found.envelope()))
    assert told["status"] in {"success", "error"}, why
    assert found.error is None or (found.error["code"] in CODES and found.cause is None), why
    if trial.effects is not None:
        effects = trial.effects()
        assert effects <= 1, why
        # That an odd opportunity has no such tag may be what it says.
        assert effects == 1 or not found.succeeded or found.warnings or name == "remove_candidate_tag", why
    bring_back(account, person)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        ("move_application_to_stage", "GET /opportunities/:id"),
        ("remove_candidate_tag", "GET /opportunities/:id"),
        ("reject_with_a_note", "PUT /opportunities/:id/archived"),
        ("create_by_form", "GET /postings/:id/apply"),
        ("create_directly", "POST /opportunities"),
    ],
)
def test_an_answer_with_anything_in_it_stays_in_the_envelope(
    account: Recruiting, meddler: Meddler, name: str, endpoint: str
) -> None:
    for seed in range(3):
        holds(account, meddler, name, endpoint, seed)


@pytest.mark.long
@pytest.mark.parametrize("name", TRIALS)
def test_hundreds_of_answers_with_anything_in_them_stay_in_the_envelope(
    account: Recruiting, meddler: Meddler, name: str
) -> None:
    for endpoint in endpoints(account, meddler, name):
        for seed in range(3, 12):
            holds(account, meddler, name, endpoint, seed)
