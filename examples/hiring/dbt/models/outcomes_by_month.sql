-- How the applications of each month turned out.
{{ config(materialized='table') }}

select account, date_trunc('month', remote_created_at) as month, outcome, count(*) as applications
from {{ ref('stg_applications') }}
group by all
order by all
