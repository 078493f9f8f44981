-- A row for each visit of an opportunity to a stage. A visit that goes on ends now.
with visit as (

    select
        visit.*,
        coalesce(visit.valid_ending_at, timezone('UTC', now())) as ending_at
    from {{ ref('stg_lever__opportunity_stage_history') }} as visit

)

select
    visit.source_relation,
    visit.opportunity_id,
    opportunity.contact_name as opportunity_contact_name,
    visit.valid_from,
    visit.ending_at as valid_ending_at,
    stage.stage_name as stage,
    visit.stage_id,
    visit.stage_index_in_pipeline,
    lever_user.full_name as updater_user_name,
    opportunity.archive_reason,
    opportunity.job_title,
    opportunity.job_department,
    opportunity.job_location,
    opportunity.job_team,
    opportunity.application_type,
    opportunity.sources as application_sources,
    opportunity.hiring_manager_name,
    opportunity.opportunity_owner_name,
    {{ dbt.datediff('visit.valid_from', 'visit.ending_at', 'day') }} as days_in_stage
from visit
join {{ ref('lever__opportunity_enhanced') }} as opportunity
    on opportunity.source_relation = visit.source_relation
    and opportunity.opportunity_id = visit.opportunity_id
left join {{ ref('stg_lever__stage') }} as stage
    on stage.source_relation = visit.source_relation
    and stage.stage_id = visit.stage_id
left join {{ ref('stg_lever__user') }} as lever_user
    on lever_user.source_relation = visit.source_relation
    and lever_user.user_id = visit.updater_user_id
