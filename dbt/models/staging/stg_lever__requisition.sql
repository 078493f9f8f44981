{%- set record = 'requisitions.remote_data' -%}
{%- set key = '/requisitions' -%}
select
    connection as source_relation,
    remote_id as requisition_id,
    {{ lever_assets.instant('changed_at') }} as _fivetran_synced,
    cast(backfill as boolean) as is_backfill,
    compensation_currency as compensation_band_currency,
    {{ lever_assets.json_text(record, [key, 'compensationBand', 'interval']) }} as compensation_band_interval,
    compensation_amount_to as compensation_band_max,
    compensation_amount_from as compensation_band_min,
    {{ lever_assets.instant('remote_created_at') }} as created_at,
    {{ lever_assets.json_text(record, [key, 'creator']) }} as creator_user_id,
    employment_status,
    headcount_hired,
    cast(headcount_infinite as boolean) as headcount_infinite,
    headcount_total as headcount_total_allotted,
    {{ lever_assets.json_text(record, [key, 'hiringManager']) }} as hiring_manager_user_id,
    internal_notes,
    {{ lever_assets.json_text(record, [key, 'location']) }} as job_location,
    name as job_title,
    {{ lever_assets.json_text(record, [key, 'owner']) }} as owner_user_id,
    requisition_code,
    status,
    team as job_team
from {{ source('lever_assets', 'requisitions') }} as requisitions
where remote_deleted_at is null
