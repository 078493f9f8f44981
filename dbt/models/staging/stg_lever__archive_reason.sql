-- From the raw table: rejection_reasons has none of the reasons for hires.
select
    connection as source_relation,
    remote_id as archive_reason_id,
    {{ lever_assets.json_text('data', ['text']) }} as archive_reason_title
from {{ source('lever_assets', 'raw_archive_reasons') }}
where deleted_at is null
