{%- set record = 'applications.remote_data' -%}
{%- set key = '/applications' -%}
select
    applications.connection as source_relation,
    applications.remote_id as application_id,
    candidates.remote_id as opportunity_id,
    jobs.remote_id as posting_id,
    {{ lever_assets.instant('applications.remote_created_at') }} as created_at,
    {{ lever_assets.instant('coalesce(applications.hired_at, applications.rejected_at)') }} as archived_at,
    {{ lever_assets.json_text(record, [key, 'archived', 'reason']) }} as archived_reason_id,
    applications.outcome = 'PENDING' as is_open,
    {{ lever_assets.json_text(record, [key, 'comments']) }} as comments,
    {{ lever_assets.json_text(record, [key, 'company']) }} as company,
    {{ lever_assets.json_text(record, [key, 'postingHiringManager']) }} as posting_hiring_manager_user_id,
    {{ lever_assets.json_text(record, [key, 'postingOwner']) }} as posting_owner_user_id,
    {{ lever_assets.json_text(record, [key, 'user']) }} as referrer_user_id,
    {{ lever_assets.json_text(record, [key, 'requisitionForHire', 'id']) }} as requisition_id,
    {{ lever_assets.json_text(record, [key, 'type']) }} as type
from {{ source('lever_assets', 'applications') }} as applications
left join {{ source('lever_assets', 'candidates') }} as candidates
    on candidates.id = applications.candidate_id
left join {{ source('lever_assets', 'jobs') }} as jobs
    on jobs.id = applications.job_id
where applications.remote_deleted_at is null
