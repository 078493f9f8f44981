"""What a creation will send: everything found and checked that can be, before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from lever_assets.actions.creation.candidacies import Applies, Candidacy
from lever_assets.actions.creation.creation_inputs import ApplicationPlace, Creation, FileAnswer
from lever_assets.actions.creation.filling import Filling, Job
from lever_assets.actions.creation.form_request import FilledForm, checked_extra
from lever_assets.actions.creation.person import Person, not_kept, source_text
from lever_assets.actions.engine.attaching import ADDS_A_FILE, keyed
from lever_assets.actions.engine.errors import ActionError, Code
from lever_assets.actions.engine.file_inputs import Attachment
from lever_assets.actions.engine.steps import StepState
from lever_assets.actions.engine.work import Work
from lever_assets.actions.fetching.fetcher import FileUnreachableError
from lever_assets.lever import JsonObject, Upload

_NOT_OPEN = {
    "closed": "is closed",
    "draft": "is a draft",
    "pending": "is not approved yet",
    "rejected": "was rejected",
}


@dataclass(frozen=True)
class Submission:
    """A creation that is ready to be sent.

    `wanted` is the opportunity in Lever's own fields, `extra` what of them the input gives itself. `form` is
    the posting's form when it is filled in, None when an opportunity is made without it. `files` are answers
    to upload, by question, and `resume` the first CV, of the attachment with the key `resume_of`.
    """

    job_id: str
    person: Person
    wanted: JsonObject
    extra: JsonObject
    effect: Applies
    form: FilledForm | None = None
    files: dict[str, Upload] = field(default_factory=dict)
    resume: Upload | None = None
    resume_of: str | None = None


async def submission_of(
    work: Work, asked: Creation, place: ApplicationPlace, state: StepState | None
) -> Submission:
    """Return the submission; raises ActionError for what stands against it.

    `state` is that of the creation's step. Once it was sent, what it may have changed itself (the person has
    applied) or what may have changed since (the job is closed) is not held against it. Once it is done, its
    files are no longer needed.
    """
    fresh = state in {None, StepState.PENDING, StepState.FAILED}
    job, posting = await work.resolve.job(place.job_id)
    if fresh:
        _check_open(place.job_id, posting)
    stage = (await work.resolve.stage(place.stage_id)).remote_id if place.stage_id else None
    person = Person.of(asked.candidate)
    for sentence in not_kept(asked.candidate):
        work.warn(sentence)
    source = source_text(asked.source, work.session.settings.source_name)
    filling = Filling(work, asked, person, Job(place.job_id, job.remote_id), source, strict=fresh)
    form, files = await filling.done()
    extra = _extra(work, asked, form=form is not None)
    wanted = _wanted(person, source, stage, extra)
    if form is None:
        wanted = {"origin": "sourced", **wanted, "postings": [job.remote_id]}
    submission = Submission(
        job_id=place.job_id,
        person=person,
        wanted=wanted,
        extra=extra,
        effect=Applies(_addresses(person, wanted), job.remote_id),
        form=form,
    )
    if state is StepState.DONE:
        return submission
    _check_attributed(work, submission, asked.attachments)
    if fresh:
        await _check_new(work, submission)
    contents = {question: await _file(work, file) for question, file in files.items()}
    resume_of, resume = await _checked(work, asked.attachments, strict=fresh)
    if fresh and resume is None and form is not None and form.requires_resume:
        raise _out_of_reach("The CV, which the job's form requires, can't be fetched")
    return replace(submission, files=contents, resume=resume, resume_of=resume_of)


def already_applied(work: Work, submission: Submission, found: Candidacy) -> ActionError:
    """Return the error that a person has applied for the job already."""
    ctx = work.session.mapping
    candidate = ctx.id("candidates", found.opportunity)
    application = ctx.id("applications", found.application or "")
    return ActionError(
        Code.ALREADY_APPLIED,
        "Application already exists",
        f"This person has applied for the job {submission.job_id} already: application {application} of the "
        f"candidate {candidate}. Use that one.",
    )


def _check_open(job_id: str, posting: JsonObject) -> None:
    state = posting.get("state")
    if isinstance(state, str) and state in _NOT_OPEN:
        raise ActionError(
            Code.JOB_CLOSED,
            "The job takes no applications",
            f"The job {job_id} {_NOT_OPEN[state]} in Lever and takes no applications; "
            "publish it there first, or take another.",
        )


async def _check_new(work: Work, submission: Submission) -> None:
    for each in await submission.effect.known(work.lever):
        if each.application is not None:
            raise already_applied(work, submission, each)


def _check_attributed(work: Work, submission: Submission, attachments: Sequence[Attachment]) -> None:
    """Refuse what only a user may write, when there is none: a creation without a form, and plain files."""
    if submission.form is None:
        work.must_act_as_somebody("creates a candidate")
    resume = next((each for each in attachments if each.type == "CV"), None)
    if any(each is not resume for each in attachments):
        work.must_act_as_somebody(ADDS_A_FILE)


def _extra(work: Work, asked: Creation, *, form: bool) -> JsonObject:
    warnings: list[str] = []
    extra = checked_extra(asked.lever.candidate or {}, warnings, form=form)
    for sentence in warnings:
        work.warn(sentence)
    return extra


def _wanted(person: Person, source: str | None, stage: str | None, extra: JsonObject) -> JsonObject:
    """Return the opportunity in Lever's own fields; those that the input gives itself come last."""
    named: JsonObject = {"sources": [source] if source else None, "stage": stage}
    given = {name: value for name, value in named.items() if value}
    return {**person.as_opportunity(), **given, **extra}


def _addresses(person: Person, wanted: JsonObject) -> tuple[str, ...]:
    """Return all addresses by which Lever may know the person afterwards."""
    emails = wanted.get("emails")
    listed: list[JsonValue] = emails if isinstance(emails, list) else []
    return tuple(dict.fromkeys([*person.emails, *(each for each in listed if isinstance(each, str))]))


async def _file(work: Work, file: FileAnswer) -> Upload:
    """Return the content of a file that answers a question: without it nobody applies."""
    try:
        return await work.file(file)
    except FileUnreachableError as error:
        raise _out_of_reach(
            f"The file {file.name}, which answers a question, can't be fetched: {error}"
        ) from None


def _out_of_reach(what: str) -> ActionError:
    return ActionError(Code.SERVICE_UNAVAILABLE, "The file can't be fetched", f"{what}. Try again later.")


async def _checked(
    work: Work, attachments: Sequence[Attachment], *, strict: bool
) -> tuple[str | None, Upload | None]:
    """Check the files, so that nothing is created with one that can't be used; return the first CV, with key.

    What can't be fetched now may be there later: it does not keep the candidate from being created. Not
    `strict`: the candidate may have been created, and no file keeps Lever from being asked whether it was.
    """
    found: tuple[str | None, Upload | None] = (None, None)
    for key, each in keyed(attachments).items():
        try:
            content = await work.file(each)
        except FileUnreachableError:
            continue
        except ActionError:
            if strict:
                raise
            continue
        if each.type == "CV" and found[1] is None:
            found = key, content
    return found
