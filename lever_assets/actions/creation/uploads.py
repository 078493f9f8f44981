"""Files that an application names: uploaded first. One that nobody names is gone in Lever after a while."""

import asyncio
from datetime import timedelta

from lever_assets.actions.engine.errors import ActionError, Code
from lever_assets.actions.engine.steps import Step, StepState
from lever_assets.actions.engine.work import Work
from lever_assets.lever import Answer, JsonObject, Outgoing, Upload
from lever_assets.lever.instants import from_epoch_ms
from lever_assets.store.transaction import now

_MARGIN = timedelta(minutes=5)


async def upload(work: Work, name: str, file: Upload) -> str:
    """Upload a file and return what an application names it by: its `uri`. `name` is the step's.

    Lever can't tell whether an upload happened, and one too many does no harm: when that is not known, or the
    upload has expired since, the file is uploaded once more as a step of its own.
    """
    request = Outgoing("POST", "/uploads", work.params, files=(("file", file),))
    number = tried = 0
    while True:
        number += 1
        step_name = f"{name}_{number}"
        step = work.steps.get(step_name)
        if step is not None and (step.may_have_happened or _is_of_no_use(step)):
            continue
        tried += 1
        try:
            uploaded = (await work.write(step_name, request, None, _its_upload))["uri"]
        except ActionError as error:
            if not error.unknown:
                raise
            uploaded = None
        if isinstance(uploaded, str):
            return uploaded
        if tried == work.timing.attempts:
            raise _not_uploaded(file)
        await asyncio.sleep(work.timing.pause)


def _its_upload(answer: Answer) -> JsonObject:
    data = answer.data if isinstance(answer.data, dict) else {}
    # Three independent integrations send the uri; the id is there should Lever give none.
    return {"uri": data.get("uri") or data.get("id"), "expires_at": data.get("expiresAt")}


def _is_of_no_use(step: Step) -> bool:
    """Tell whether an upload was done, but Lever did not tell its uri or keeps it no longer."""
    if step.state is not StepState.DONE:
        return False
    expires = step.kept.get("expires_at")
    return not isinstance(step.kept.get("uri"), str) or (
        isinstance(expires, int) and from_epoch_ms(expires) < now() + _MARGIN
    )


def _not_uploaded(file: Upload) -> ActionError:
    return ActionError(
        Code.SERVICE_UNAVAILABLE,
        "Lever can't be reached",
        f"The file {file.name} could not be uploaded, so nothing was created. Try again later.",
    )
