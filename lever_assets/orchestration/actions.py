"""The actions as ops, each with a form in the Launchpad and a job of its own, made from their table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import JsonValue

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.actions.engine.action import Action
from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.options import Options
from lever_assets.actions.passthrough import Passthrough, passthrough
from lever_assets.actions.running import run_action
from lever_assets.orchestration.config import connection_field, form
from lever_assets.orchestration.failures import blotted, in_one_sentence
from lever_assets.orchestration.hosted import Hosted
from lever_assets.orchestration.jobs import op_job, session_of
from lever_assets.orchestration.names import (
    ACTION_ID_TAG,
    ACTION_TAG,
    CONNECTION_FIELD,
    PASSTHROUGH,
    action_job_name,
)
from lever_assets.orchestration.runs import keep_answer, log_url
from lever_assets.store.action_erasure import only_ids

_WRITING = {
    "idempotency_key": dg.Field(
        dg.Noneable(str),
        is_required=False,
        default_value=None,
        description="The same key returns the first result and writes nothing again; default: from the input",
    ),
    "dry_run": dg.Field(
        bool,
        is_required=False,
        default_value=False,
        description="Check everything and say which requests would be sent, but send nothing",
    ),
    "perform_as": dg.Field(
        dg.Noneable(str),
        is_required=False,
        default_value=None,
        description="User that the write is attributed to: our id or Lever's; default: LEVER_PERFORM_AS",
    ),
}
_READING = {
    "download_to": dg.Field(
        dg.Noneable(str),
        is_required=False,
        default_value=None,
        description="Folder to download the files to; default: only list them",
    ),
}


def action_jobs(hosted: Hosted) -> list[dg.JobDefinition]:
    """Return a job `<action>_job` for each of the 13 actions, and `passthrough_job` where it is wanted.

    Passthrough does whatever the key may do, and whoever reaches the UI may start any job.
    """
    jobs = [_action_job(hosted, action) for action in ACTIONS]
    return [*jobs, _passthrough_job(hosted)] if hosted.settings.passthrough_job else jobs


def _action_job(hosted: Hosted, action: Action) -> dg.JobDefinition:
    @dg.op(
        name=hosted.called(action.name),
        description=f"{action.description} Lever's permissions: {', '.join(action.scopes)}.",
        config_schema={
            **connection_field(hosted.settings),
            **form(action.input),
            **(_READING if action.reads else _WRITING),
        },
        required_resource_keys=hosted.resource_keys,
        out=_out(hosted, '`{"status": "success", "data", "warnings"}`'),
    )
    def act(context: dg.OpExecutionContext) -> dict[str, Any]:
        context.instance.add_run_tags(context.run_id, {ACTION_TAG: action.name})
        given = _given(context)
        folder = given.pop("download_to", None)
        options = Options(
            idempotency_key=given.pop("idempotency_key", None),
            dry_run=given.pop("dry_run", False),
            perform_as=given.pop("perform_as", None),
            run_id=context.run_id,
            log_url=log_url(hosted.settings, context.run_id),
            download_to=Path(folder) if folder else None,
            announce=lambda action: context.instance.add_run_tags(context.run_id, {ACTION_ID_TAG: action}),
        )
        with in_one_sentence(), session_of(context, hosted, action.name) as session:
            answer = run_action(session, action.name, given, options)
        return _told(context, answer, given, whole=options.dry_run)

    return op_job(
        hosted.called(action_job_name(action.name)),
        act,
        hosted=hosted,
        description=action.description,
        tags={ACTION_TAG: action.name},
    )


def _passthrough_job(hosted: Hosted) -> dg.JobDefinition:
    description = "Sends any request to the Data API, with the connection's key."

    @dg.op(
        name=hosted.called(PASSTHROUGH),
        description=description,
        config_schema={**connection_field(hosted.settings), **form(Passthrough)},
        required_resource_keys=hosted.resource_keys,
        out=_out(hosted, '`{"status": "success", "data": {"url", "status", "headers", "data"}}`'),
    )
    def send(context: dg.OpExecutionContext) -> dict[str, Any]:
        context.instance.add_run_tags(context.run_id, {ACTION_TAG: PASSTHROUGH})
        url = log_url(hosted.settings, context.run_id)
        with in_one_sentence(), session_of(context, hosted, PASSTHROUGH) as session:
            answer = passthrough(session, _given(context), log_url=url)
        if answer.data is not None:
            context.add_output_metadata({"http_status": answer.data["status"]})
        return _told(context, answer, context.op_config)

    return op_job(
        hosted.called(action_job_name(PASSTHROUGH)),
        send,
        hosted=hosted,
        description=description,
        tags={ACTION_TAG: PASSTHROUGH},
    )


def _out(hosted: Hosted, description: str) -> dg.Out:
    return dg.Out(dict, io_manager_key=hosted.memory, description=description)


def _given(context: dg.OpExecutionContext) -> dict[str, Any]:
    """Return what was filled in, but for the connection: a form has null where nothing was."""
    filled = {name: value for name, value in context.op_config.items() if value is not None}
    filled.pop(CONNECTION_FIELD, None)
    return filled


def _told(
    context: dg.OpExecutionContext, answer: ActionAnswer, given: Mapping[str, Any], *, whole: bool = False
) -> dict[str, Any]:
    """Tell an answer as the op's metadata and return it; one that failed fails the step.

    Dagster keeps its events for ever: what is personal is only in the run's own file, which is erased.
    """
    envelope = answer.envelope()
    file = keep_answer(context, envelope)
    about: tuple[JsonValue, ...] = (dict(given), answer.data) if answer.warnings or answer.error else ()
    warnings = [blotted(each, *about) for each in answer.warnings]
    for warning in warnings:
        context.log.warning(warning)
    if file is None:
        context.log.warning("The answer could not be written to the run's files: check the disk.")
    beside: dict[str, Any] = {"action_id": answer.action_id, "state": answer.state and answer.state.value}
    beside["answer_file"] = file and dg.MetadataValue.path(file)
    beside = {name: value for name, value in beside.items() if value is not None}
    if answer.error is not None:
        message = blotted(str(answer.error["message"]), *about)
        error = {name: value for name, value in answer.error.items() if value is not None}
        raise dg.Failure(message, metadata={**error, "message": message, **beside}, allow_retries=False)
    data = _requests(envelope["data"]) if whole else only_ids(envelope["data"])
    told = {**envelope, "data": data, "warnings": [{"message": each} for each in warnings]}
    context.add_output_metadata({"answer": dg.MetadataValue.json(told), **beside})
    return envelope


def _requests(data: JsonValue) -> JsonValue:
    """Return what a dry run tells, of bodies only which fields they have."""
    found = data.get("requests") if isinstance(data, dict) else None
    told: list[JsonValue] = []
    for each in found if isinstance(found, list) else []:
        if isinstance(each, dict):
            fields = [each.get(part) for part in ("body", "fields")]
            names: list[JsonValue] = [name for part in fields if isinstance(part, dict) for name in part]
            plain = {part: each.get(part) for part in ("method", "path", "params")}
            told.append({**plain, "fields": names})
    return {"dry_run": True, "requests": told}
