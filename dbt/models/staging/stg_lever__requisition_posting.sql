select distinct
    links.connection as source_relation,
    requisitions.remote_id as requisition_id,
    jobs.remote_id as posting_id
from {{ source('lever_assets', 'job_requisitions') }} as links
join {{ source('lever_assets', 'requisitions') }} as requisitions
    on requisitions.id = links.requisition_id
join {{ source('lever_assets', 'jobs') }} as jobs
    on jobs.id = links.job_id
where links.remote_deleted_at is null
