-- Read only with LEVER_EXTRA_MODELS=attachments; else it is empty.
select
    connection as source_relation,
    remote_id as resume_id,
    parent_id as opportunity_id,
    {{ lever_assets.json_instant('data', ['createdAt']) }} as created_at,
    {{ lever_assets.json_text('data', ['file', 'downloadUrl']) }} as file_download_url
from {{ source('lever_assets', 'raw_resumes') }}
where deleted_at is null
