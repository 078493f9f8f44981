select
    connection as source_relation,
    remote_id as stage_id,
    name as stage_name
from {{ source('lever_assets', 'application_stages') }}
where remote_deleted_at is null
