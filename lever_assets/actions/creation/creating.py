"""Creating candidates with their application: checked first, sent once, then completed step by step."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from pydantic import JsonValue

from lever_assets.actions.creation import returned_rows
from lever_assets.actions.creation.candidacies import Candidacy, applied_before, known_before
from lever_assets.actions.creation.completing import Completion
from lever_assets.actions.creation.creation_inputs import (
    ApplicationPlace,
    CreateApplication,
    CreateCandidate,
    Creation,
)
from lever_assets.actions.creation.form_request import FilledForm, application_of
from lever_assets.actions.creation.opportunity_request import opportunity_of, opportunity_request
from lever_assets.actions.creation.submission import Submission, already_applied, submission_of
from lever_assets.actions.creation.uploads import upload
from lever_assets.actions.engine.attaching import attach, is_added, keyed
from lever_assets.actions.engine.effects import CannotTellError
from lever_assets.actions.engine.errors import ActionError, Code, of_failure
from lever_assets.actions.engine.file_content import plain_name
from lever_assets.actions.engine.file_inputs import Attachment
from lever_assets.actions.engine.steps import StepState
from lever_assets.actions.engine.work import Keep, Work
from lever_assets.lever import JsonObject, LeverError, Outgoing
from lever_assets.lever.paths import path_to
from lever_assets.store.created import creator_of

Shown = Callable[[Work, Candidacy], JsonObject]
"""Gives what is answered of what was made."""

_CREATE = "create"
_NO_RESUME = (
    "The CV did not reach Lever as the résumé, which it takes only when a candidate is created: "
    "it was added as a file."
)
_COMPLETED = "aligned"
"""The step, by the name that ledgers have: done when it was seen, once, what the opportunity lacked."""


async def create_candidate(work: Work, asked: CreateCandidate) -> JsonObject:
    """Create a candidate who applies for a job, and return them as the tables have them."""
    return await _create(work, asked, asked.application, _candidate)


async def create_application(work: Work, asked: CreateApplication) -> JsonObject:
    """Create a candidate who applies for a job, and return the application as the tables have it."""
    place = ApplicationPlace(job_id=asked.job_id, stage_id=asked.stage_id)
    return await _create(work, asked, place, _application)


def _candidate(work: Work, made: Candidacy) -> JsonObject:
    ids = _ids(work, made)
    with work.session.reading() as tx:
        found = returned_rows.candidate(tx, str(ids["candidate"]["id"]))
    return found or {**ids["candidate"], "applications": [ids["application"]]}


def _application(work: Work, made: Candidacy) -> JsonObject:
    ids = _ids(work, made)
    with work.session.reading() as tx:
        found = returned_rows.application(tx, str(ids["application"]["id"]))
    return found or {**ids["application"], "candidate": ids["candidate"]}


def _ids(work: Work, made: Candidacy) -> dict[str, JsonObject]:
    """Return what there is to say when the settings keep the rows out of the tables."""
    ctx, application = work.session.mapping, made.application or ""
    return {
        "candidate": {"id": ctx.id("candidates", made.opportunity), "remote_id": made.opportunity},
        "application": {"id": ctx.id("applications", application), "remote_id": application},
    }


async def _create(work: Work, asked: Creation, place: ApplicationPlace, shown: Shown) -> JsonObject:
    step = work.steps.get(_CREATE)
    submission = await submission_of(work, asked, place, step.state if step is not None else None)
    kept = step.kept if step is not None and step.state is StepState.DONE else await _send(work, submission)
    made = await _found(work, submission, kept)
    before = None if work.dry_run else work.steps[_CREATE].before
    _note(work, submission, made, before)
    await _complete(work, submission, kept, made, before)
    await _attach(work, keyed(asked.attachments), kept, made, shown)
    await work.refresh([made.opportunity])
    return shown(work, made)


async def _send(work: Work, submission: Submission) -> JsonObject:
    """Send it, after what it names was uploaded; the CV goes along as the résumé.

    Lever may refuse it because of the CV: without it the answer tells, and the CV is then added as a file.
    """
    keep: Keep = opportunity_of if submission.form is None else application_of
    *refusable, (last, resume) = await _requests(work, submission)
    for request, _ in refusable:
        try:
            return await _write(work, submission, request, keep, resume=True)
        except ActionError as error:
            if error.code is not Code.REMOTE_INPUT_INVALID:
                raise
    return await _write(work, submission, last, keep, resume=resume)


async def _requests(work: Work, submission: Submission) -> list[tuple[Outgoing, bool]]:
    """Return the creation, each way in which it may be tried in turn, and whether the CV goes along."""
    if submission.form is None:
        plain = opportunity_request(submission.wanted, work.params)
        if submission.resume is None:
            return [(plain, False)]
        with_cv = opportunity_request(submission.wanted, work.params, submission.resume)
        return [(with_cv, True), (plain, False)]
    form = await _with_uploads(work, submission, submission.form)
    filled = form.request(work.params, submission.extra)
    if form.resume is None or form.requires_resume:
        return [(filled, form.resume is not None)]
    return [(filled, True), (replace(form, resume=None).request(work.params, submission.extra), False)]


async def _write(
    work: Work, submission: Submission, request: Outgoing, keep: Keep, *, resume: bool = False
) -> JsonObject:
    """Write it; what is kept of Lever's answer tells which attachment went along as the résumé."""
    went = submission.resume_of if resume else None
    kept = await work.write(_CREATE, request, submission.effect, lambda each: {**keep(each), "resume": went})
    if work.dry_run:
        kept["resume"] = went
    return kept


async def _with_uploads(work: Work, submission: Submission, form: FilledForm) -> FilledForm:
    """Return the form with the uploads that it names. Lever makes the CV the résumé."""
    values = dict(form.values)
    for number, (question, file) in enumerate(submission.files.items(), 1):
        values[question] = await upload(work, f"upload_answer_{number}", file)
    resume = None
    if submission.resume is not None:
        try:
            resume = await upload(work, "upload_resume", submission.resume)
        except ActionError:
            if form.requires_resume:
                raise  # else it is a file of the candidate, like the other attachments
    return replace(form, values=values, resume=resume)


async def _found(work: Work, submission: Submission, kept: JsonObject) -> Candidacy:
    """Return what was made: Lever answers an application with its id alone, the opportunity is looked up."""
    if work.dry_run:
        return Candidacy(str(kept["opportunity"]), str(kept["application"]))
    opportunity, application = kept.get("opportunity"), kept.get("application")
    if isinstance(opportunity, str) and isinstance(application, str):
        return Candidacy(opportunity, application)
    before = work.steps[_CREATE].before
    left, wait = work.timing.patience, 0.1
    while True:
        found = await _of_lever(submission.effect.made(work.lever, before, opportunity, application))
        if found is not None:
            return found
        if left <= 0:
            raise _unfinished(Code.TIMED_OUT, "Outcome unknown", "Lever does not show it yet.")
        await asyncio.sleep(min(wait, left))
        left, wait = left - wait, wait * 2


async def _of_lever(asked: Awaitable[Candidacy | None]) -> Candidacy | None:
    try:
        return await asked
    except CannotTellError as error:
        raise _unfinished(Code.TIMED_OUT, "Outcome unknown", f"{error}.") from None
    except LeverError as error:
        known = of_failure(error)
        raise _unfinished(known.code, known.title, known.message) from None


def _unfinished(code: Code, title: str, why: str) -> ActionError:
    return ActionError(
        code,
        title,
        f"Lever took the application, but it could not be completed: {why} "
        "Run the action again with the same key to complete it.",
        unknown=True,
    )


def _note(work: Work, submission: Submission, made: Candidacy, before: JsonValue) -> None:
    """Keep that we made it, unless somebody else did: Lever answers with what is there already."""
    if work.claim is None or made.application is None:
        return
    if made.opportunity in applied_before(before):
        raise already_applied(work, submission, made)
    work.created("applications", made.application)
    with work.session.reading() as tx:
        creator = creator_of(tx, "applications", made.application)
    if creator != work.claim.action_id:
        raise already_applied(work, submission, made)
    work.created("candidates", made.opportunity)


async def _complete(
    work: Work, submission: Submission, kept: JsonObject, made: Candidacy, before: JsonValue
) -> None:
    """Bring the opportunity to what was asked, where Lever may not have made it so."""
    if submission.form is None and (work.dry_run or kept.get("deduped") is False):
        return
    known = known_before(before)
    completion = Completion(
        made.opportunity,
        submission.wanted,
        known_person=bool(known) or kept.get("deduped") is True,
        existed=made.opportunity in known,
        decided=work.is_done(_COMPLETED),
    )
    shown = submission.form.shown() if work.dry_run and submission.form is not None else None
    if await completion.done(work, shown):
        work.journal.mark_done(_COMPLETED)


async def _attach(
    work: Work, attachments: Mapping[str, Attachment], kept: JsonObject, made: Candidacy, shown: Shown
) -> None:
    """Add the files, but for the CV that is in Lever already as the résumé."""
    resume = await _resume(work, attachments, kept, made)
    left = {key: each for key, each in attachments.items() if key != resume}
    if left:
        await _tell_what_is_made(work, made, shown)
        await attach(work, made.opportunity, left)
    first = next((key for key, each in attachments.items() if each.type == "CV"), None)
    if first is not None and first != resume and is_added(work, first):
        work.warn(_NO_RESUME)


async def _tell_what_is_made(work: Work, made: Candidacy, shown: Shown) -> None:
    """Tell who asks for it what will be answered: files may take long."""
    if work.made is not None:
        await work.refresh([made.opportunity])
        work.made(shown(work, made), tuple(work.warnings))


async def _resume(
    work: Work, attachments: Mapping[str, Attachment], kept: JsonObject, made: Candidacy
) -> JsonValue:
    """Return the key of the attachment that went along; Lever is asked if the creation was looked up."""
    if "resume" in kept:
        return kept["resume"]
    try:
        listed = await work.lever.list_all(path_to("opportunities", made.opportunity, "resumes"))
    except LeverError:
        return None
    files = [each.get("file") for each in listed]
    names = {each.get("name") for each in files if isinstance(each, dict)}
    cvs = {key: each for key, each in attachments.items() if each.type == "CV"}
    return next((key for key, each in cvs.items() if plain_name(each.name) in names), None)
