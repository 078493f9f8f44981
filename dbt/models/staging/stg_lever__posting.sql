{%- set record = 'jobs.remote_data' -%}
{%- set key = '/postings' -%}
select
    connection as source_relation,
    remote_id as posting_id,
    {{ lever_assets.instant('changed_at') }} as _fivetran_synced,
    {{ lever_assets.json_text(record, [key, 'categories', 'commitment']) }} as job_commitment,
    {{ lever_assets.json_text(record, [key, 'categories', 'department']) }} as job_department,
    {{ lever_assets.json_text(record, [key, 'categories', 'level']) }} as job_level,
    {{ lever_assets.json_text(record, [key, 'categories', 'location']) }} as job_location,
    {{ lever_assets.json_text(record, [key, 'categories', 'team']) }} as job_team,
    {{ lever_assets.json_text(record, [key, 'content', 'description']) }} as content_description,
    {{ lever_assets.instant('remote_created_at') }} as created_at,
    {{ lever_assets.json_text(record, [key, 'user']) }} as creator_user_id,
    {{ lever_assets.json_text(record, [key, 'owner']) }} as owner_user_id,
    {{ lever_assets.json_text(record, [key, 'hiringManager']) }} as hiring_manager_user_id,
    {{ lever_assets.json_text(record, [key, 'requisitionCodes']) }} as requisition_code,
    {{ lever_assets.json_text(record, [key, 'state']) }} as current_state,
    name as job_title,
    {{ lever_assets.instant('remote_updated_at') }} as updated_at,
    {{ lever_assets.json_joined(record, [key, 'tags']) }} as tags
from {{ source('lever_assets', 'jobs') }} as jobs
where remote_deleted_at is null
