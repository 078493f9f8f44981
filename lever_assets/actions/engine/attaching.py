"""Files that are added to an opportunity, each in a step of its own: by an action of theirs or a creation."""

from collections.abc import Iterable, Mapping

from lever_assets.actions.engine.effects import FileAdded
from lever_assets.actions.engine.errors import ActionError, Code
from lever_assets.actions.engine.file_inputs import Attachment
from lever_assets.actions.engine.redaction import unsigned
from lever_assets.actions.engine.work import Work, its_id
from lever_assets.actions.fetching.fetcher import FileUnreachableError
from lever_assets.lever import Outgoing, Upload
from lever_assets.lever.paths import path_to
from lever_assets.store.values import canonical, fingerprint

_ROUNDS = 2
_PASSING = frozenset({Code.SERVICE_UNAVAILABLE, Code.RATE_LIMITED, Code.TIMED_OUT, Code.REMOTE_UNKNOWN})
"""How an upload fails that may succeed when it is tried again."""

ADDS_A_FILE = "adds a file"

_Prepared = tuple[str, Upload]
"""A file with the name of its step."""


def keyed(attachments: Iterable[Attachment]) -> dict[str, Attachment]:
    """Return the attachments, each once, by what tells one from others whenever the action is done again.

    That is not their place: the list may lack a file that is the résumé then. Of files whose links differ in
    nothing but what signs them, and that may yet be two, the order tells.
    """
    found: dict[str, Attachment] = {}
    for attachment in attachments:
        if attachment in found.values():
            continue
        key = fingerprint(canonical(unsigned(attachment)))[:12]
        alike = sum(each.partition("_")[0] == key for each in found)
        found[f"{key}_{alike + 1}" if alike else key] = attachment
    return found


def is_added(work: Work, key: str) -> bool:
    """Tell whether `attach` has added the file of that key, now or in an earlier attempt."""
    return work.is_done(_step(key))


async def attach(work: Work, opportunity: str, attachments: Mapping[str, Attachment]) -> None:
    """Add files (by `keyed`) to an opportunity, each in a step of its own.

    Those that fail are tried once more, together. What then still fails is a warning for each file, and the
    action incomplete: done again with the same key it adds only what is missing.
    """
    left = await _prepared(work, attachments)
    names = {step: file.name for step, file in left}
    errors: dict[str, ActionError] = {}
    for _ in range(_ROUNDS):
        for step, file in left:
            try:
                await add_file(work, opportunity, step, file)
                errors.pop(step, None)
            except ActionError as error:
                errors[step] = error
        left = [each for each in left if each[0] in errors and errors[each[0]].code in _PASSING]
    for step, why in errors.items():
        work.missed(f"The file {names[step]} was not added: {why.message}", unknown=why.unknown)


async def _prepared(work: Work, attachments: Mapping[str, Attachment]) -> list[_Prepared]:
    """Return what is still to be added; a file that can't be had now is a warning."""
    found: list[_Prepared] = []
    for key, attachment in attachments.items():
        if is_added(work, key):
            continue
        try:
            found.append((_step(key), await work.file(attachment)))
        except FileUnreachableError as error:
            work.missed(f"The file {attachment.name} was not added: {error}. The same call again adds it.")
        except ActionError as error:  # its link may have expired since the candidate was created
            work.missed(f"The file {attachment.name} was not added: {error.message}")
    return found


def _step(key: str) -> str:
    return f"attach_{key}"


async def add_file(work: Work, opportunity: str, step: str, file: Upload) -> None:
    """Add a file in the step of that name; raises ActionError, as `Work.write`."""
    work.must_act_as_somebody(ADDS_A_FILE)
    request = Outgoing(
        "POST", path_to("opportunities", opportunity, "files"), work.params, files=(("file", file),)
    )
    made = (each.kept.get("id") for name, each in work.steps.items() if name != step)
    others = frozenset(each for each in made if isinstance(each, str))
    effect = FileAdded(opportunity, "files", file.name, len(file.content), others)
    await work.write(step, request, effect, keep=its_id)
