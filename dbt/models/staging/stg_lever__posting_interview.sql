-- Lever names the postings of an interview; where its record was erased, there is that of its application.
select distinct
    interviews.connection as source_relation,
    {{ lever_assets.json_text('posting.value', []) }} as posting_id,
    interviews.remote_id as interview_id
from {{ source('lever_assets', 'interviews') }} as interviews
cross join lateral {{ lever_assets.json_elements('interviews.remote_data', ['/interviews', 'postings']) }} as posting
where interviews.remote_deleted_at is null

union all

select
    interviews.connection,
    jobs.remote_id,
    interviews.remote_id
from {{ source('lever_assets', 'interviews') }} as interviews
join {{ source('lever_assets', 'applications') }} as applications
    on applications.id = interviews.application_id
join {{ source('lever_assets', 'jobs') }} as jobs
    on jobs.id = applications.job_id
where interviews.remote_deleted_at is null and interviews.remote_data is null
