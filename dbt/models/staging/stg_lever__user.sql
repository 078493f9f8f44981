select
    connection as source_relation,
    remote_id as user_id,
    {{ lever_assets.full_name('users') }} as full_name,
    email
from {{ source('lever_assets', 'users') }} as users
where remote_deleted_at is null
