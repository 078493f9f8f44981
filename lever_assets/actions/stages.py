"""Moving an application through the pipeline."""

from lever_assets.actions.engine.archived import archived_in_lever
from lever_assets.actions.engine.effects import InStage
from lever_assets.actions.engine.errors import invalid
from lever_assets.actions.engine.work import Work
from lever_assets.actions.inputs import MoveToStage
from lever_assets.lever import JsonObject, Outgoing
from lever_assets.lever.paths import path_to


async def move_application_to_stage(work: Work, asked: MoveToStage) -> JsonObject:
    """Put an application into a stage of the pipeline; an archived one is refused."""
    application = work.resolve.application(asked.application_id)
    stage = (await work.resolve.stage(asked.stage_id)).remote_id
    if await archived_in_lever(work.lever, application) is not None:
        raise invalid(
            "The application is archived",
            f"The application {asked.application_id} is archived in Lever and can't be moved; "
            "un-archive it there first.",
        )
    opportunity = application.opportunity
    request = Outgoing(
        "PUT", path_to("opportunities", opportunity, "stage"), work.params, json={"stage": stage}
    )
    await work.write("move", request, InStage(opportunity, stage))
    await work.refresh([opportunity])
    return {}
