"""Writes on opportunities: creating, moving, archiving, tagging."""

from __future__ import annotations

import re
from functools import partial

from pydantic import Field, create_model

from lever_assets.sandbox.endpoints.body import Form, parse, validate
from lever_assets.sandbox.endpoints.filters import flag
from lever_assets.sandbox.endpoints.route import Answer, Call, Route
from lever_assets.sandbox.endpoints.visibility import acting_user, must_see
from lever_assets.sandbox.endpoints.writes.answers import data, incomplete
from lever_assets.sandbox.errors import bad_request
from lever_assets.sandbox.recruiting.candidacies import Draft, LeverBody, create
from lever_assets.sandbox.recruiting.opportunities import add_to, archive, move, remove_from
from lever_assets.sandbox.recruiting.papers import Upload, add_file, add_resume, check_file

EMAIL = re.compile(rb"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class _Stage(LeverBody):
    stage: str


class _Archived(LeverBody):
    reason: str | None
    clean_interviews: bool = False
    requisition_id: str | None = None


def create_opportunity(call: Call) -> Answer:
    """POST /opportunities: 201; 200 when the person had an opportunity for that posting already."""
    user = acting_user(call)
    if user is None:
        raise bad_request("perform_as is required")
    owned_by_posting = flag(call.query, "perform_as_posting_owner")
    form = parse(call.raw)
    resumes = [Upload(*file) for file in form.named("resumeFile")]
    files = [Upload(*file) for file in form.named("files", "file")]
    for upload in (*resumes, *files):
        check_file(upload)
    draft = validate(Draft, form.values)
    if flag(call.query, "parse") and resumes:
        draft = _with_what_the_resume_says(draft, resumes[0])
    for posting in draft.postings:
        if call.account.confidentiality("postings", posting) is not None:
            must_see(call, "postings", posting)
    with call.account.lock:
        candidacy = create(call.changes, draft, user, owned_by_posting=owned_by_posting)
        ident = candidacy.opportunity["id"]
        if candidacy.made:
            for resume in resumes:
                add_resume(call.changes, ident, resume)
            for file in files:
                add_file(call.changes, ident, file)
        record = call.account.record("opportunities", ident) or candidacy.opportunity
    beside = {"deduped": True} if candidacy.deduped else {}
    return data(record, 201 if candidacy.made else 200, **beside)


def _with_what_the_resume_says(draft: Draft, resume: Upload) -> Draft:
    """A stand-in for Lever's parser: the first e-mail address, and a name from the file's own name."""
    found = EMAIL.search(resume.content)
    stem = resume.filename.rpartition(".")[0]
    return draft.model_copy(
        update={
            "name": draft.name or re.sub(r"[\W_]+", " ", stem).strip(),
            "emails": draft.emails or ([found.group().decode()] if found else []),
        }
    )


def put_stage(call: Call) -> Answer:
    """PUT /opportunities/:id/stage {stage}."""
    ident, user = _opportunity(call)
    return incomplete(move(call.changes, ident, validate(_Stage, parse(call.raw).values).stage, user))


def put_archived(call: Call) -> Answer:
    """PUT /opportunities/:id/archived {reason, cleanInterviews, requisitionId}; a null reason un-archives."""
    ident, _ = _opportunity(call)
    body = validate(_Archived, parse(call.raw).values)
    record = archive(
        call.changes,
        ident,
        body.reason,
        clean_interviews=body.clean_interviews,
        requisition=body.requisition_id,
    )
    return incomplete(record)


def change_values(call: Call, *, field: str, adding: bool) -> Answer:
    """POST /opportunities/:id/addTags and the like: {tags: [...]}."""
    ident, _ = _opportunity(call)
    values = _texts(parse(call.raw), field)
    act = add_to if adding else remove_from
    return incomplete(act(call.changes, ident, field, values))


def _texts(form: Form, field: str) -> list[str]:
    model = create_model("Texts", **{field: (list[str], Field(min_length=1))})  # type: ignore[call-overload]  # built by name
    values: list[str] = getattr(validate(model, form.values), field)
    if not all(value.strip() for value in values):
        raise bad_request(f"{field}: an empty text is none")
    return values


def _opportunity(call: Call) -> tuple[str, str | None]:
    ident = call.path[0]
    must_see(call, "opportunities", ident)
    return ident, acting_user(call)


OPPORTUNITIES: tuple[Route, ...] = (
    Route("POST", "/opportunities", "opportunities", create_opportunity),
    Route("PUT", "/opportunities/:id/stage", "opportunities", put_stage),
    Route("PUT", "/opportunities/:id/archived", "opportunities", put_archived),
    *(
        Route(
            "POST",
            f"/opportunities/:id/{verb}{field.capitalize()}",
            "opportunities",
            partial(change_values, field=field, adding=verb == "add"),
        )
        for verb in ("add", "remove")
        for field in ("tags", "sources", "links")
    ),
)
