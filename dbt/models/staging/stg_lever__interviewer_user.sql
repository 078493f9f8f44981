select distinct
    interviews.connection as source_relation,
    interviews.remote_id as interview_id,
    users.remote_id as user_id
from {{ source('lever_assets', 'interviewing_team_members') }} as members
join {{ source('lever_assets', 'interviews') }} as interviews
    on interviews.id = members.interview_id
join {{ source('lever_assets', 'users') }} as users
    on users.id = members.user_id
where members.remote_deleted_at is null and interviews.remote_deleted_at is null
