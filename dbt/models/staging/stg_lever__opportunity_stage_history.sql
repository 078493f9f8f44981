with visits as (

    select
        visits.connection as source_relation,
        candidates.remote_id as opportunity_id,
        visits.position,
        {{ lever_assets.instant('visits.entered_at') }} as valid_from,
        {{ lever_assets.instant('visits.left_at') }} as valid_ending_at,
        stages.remote_id as stage_id,
        users.remote_id as updater_user_id
    from {{ source('lever_assets', 'application_stage_changes') }} as visits
    join {{ source('lever_assets', 'candidates') }} as candidates
        on candidates.id = visits.candidate_id
    left join {{ source('lever_assets', 'application_stages') }} as stages
        on stages.id = visits.to_stage_id
    left join {{ source('lever_assets', 'users') }} as users
        on users.id = visits.user_id
    where visits.remote_deleted_at is null

),

-- Where the stage stood in the pipeline then, only Lever's own record tells.
places as (

    select
        candidates.connection as source_relation,
        candidates.remote_id as opportunity_id,
        {{ lever_assets.json_text('change.value', ['toStageId']) }} as stage_id,
        {{ lever_assets.json_instant('change.value', ['updatedAt']) }} as valid_from,
        max({{ lever_assets.json_integer('change.value', ['toStageIndex']) }}) as stage_index_in_pipeline
    from {{ source('lever_assets', 'candidates') }} as candidates
    cross join lateral
        {{ lever_assets.json_elements('candidates.remote_data', ['/opportunities', 'stageChanges']) }} as change
    where candidates.remote_deleted_at is null
    group by 1, 2, 3, 4

)

select visits.*, places.stage_index_in_pipeline
from visits
left join places
    on places.source_relation = visits.source_relation
    and places.opportunity_id = visits.opportunity_id
    and places.stage_id = visits.stage_id
    and places.valid_from = visits.valid_from
