-- Read only with LEVER_EXTRA_MODELS=scorecards; else it is empty.
select
    connection as source_relation,
    remote_id as feedback_form_id,
    {{ lever_assets.json_text('data', ['interview']) }} as interview_id,
    {{ lever_assets.json_text('data', ['user']) }} as creator_user_id,
    {{ lever_assets.json_instant('data', ['completedAt']) }} as completed_at,
    {{ lever_assets.json_text('data', ['instructions']) }} as instructions,
    {{ lever_assets.json_text('data', ['text']) }} as form_title,
    (
        select max({{ lever_assets.json_text('field.value', ['value']) }})
        from {{ lever_assets.json_elements('data', ['fields']) }} as field
        where {{ lever_assets.json_text('field.value', ['type']) }} = 'score-system'
    ) as score_system_value
from {{ source('lever_assets', 'raw_feedback') }}
where deleted_at is null and {{ lever_assets.json_text('data', ['deletedAt']) }} is null
