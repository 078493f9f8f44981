{%- set record = 'interviews.remote_data' -%}
{%- set key = '/interviews' -%}
select
    interviews.connection as source_relation,
    interviews.remote_id as interview_id,
    {{ lever_assets.instant('interviews.changed_at') }} as _fivetran_synced,
    {{ lever_assets.json_instant(record, [key, 'canceledAt']) }} as canceled_at,
    {{ lever_assets.json_instant(record, [key, 'createdAt']) }} as created_at,
    {{ lever_assets.json_text(record, [key, 'user']) }} as creator_user_id,
    {{ lever_assets.instant('interviews.starting_at') }} as occurred_at,
    {{ lever_assets.instant('interviews.ending_at') }} as ended_at,
    {{ lever_assets.json_integer(record, [key, 'duration']) }} as duration_minutes,
    {{ lever_assets.json_text(record, [key, 'feedbackReminder']) }} as feedback_reminder_frequency,
    {{ lever_assets.json_text(record, [key, 'gcalEventUrl']) }} as gcal_event_url,
    {{ lever_assets.json_text(record, [key, 'location']) }} as location,
    {{ lever_assets.json_text(record, [key, 'note']) }} as note,
    candidates.remote_id as opportunity_id,
    {{ lever_assets.json_text(record, [key, 'panel']) }} as panel_id,
    stages.remote_id as opportunity_stage_id,
    interviews.title as subject,
    {{ lever_assets.json_text(record, [key, 'timezone']) }} as timezone
from {{ source('lever_assets', 'interviews') }} as interviews
left join {{ source('lever_assets', 'candidates') }} as candidates
    on candidates.id = interviews.candidate_id
left join {{ source('lever_assets', 'application_stages') }} as stages
    on stages.id = interviews.stage_id
where interviews.remote_deleted_at is null
