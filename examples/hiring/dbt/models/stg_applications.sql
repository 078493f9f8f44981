-- Applications of all accounts that are there in Lever now.
{% for account in ['acme', 'umbrella'] %}
select id, connection as account, job_id, outcome, rejection_reason_name, remote_created_at
from {{ source(account, 'applications') }}
where remote_deleted_at is null
{% if not loop.last %}union all{% endif %}
{% endfor %}
