with postings as (

    select source_relation, requisition_id, count(*) as count_postings
    from {{ ref('stg_lever__requisition_posting') }}
    group by 1, 2

),

offers as (

    select source_relation, requisition_id, count(*) as count_offers
    from {{ ref('stg_lever__requisition_offer') }}
    group by 1, 2

)

select
    requisition.source_relation,
    requisition._fivetran_synced,
    requisition.is_backfill,
    requisition.compensation_band_currency,
    requisition.compensation_band_interval,
    requisition.compensation_band_max,
    requisition.compensation_band_min,
    requisition.created_at,
    requisition.creator_user_id,
    requisition.employment_status,
    requisition.headcount_hired,
    requisition.headcount_infinite,
    requisition.headcount_total_allotted,
    requisition.hiring_manager_user_id,
    requisition.requisition_id,
    requisition.internal_notes,
    requisition.job_location,
    requisition.job_title,
    requisition.owner_user_id,
    requisition.requisition_code,
    requisition.status,
    requisition.job_team,
    creator.full_name as creator_name,
    requisition_owner.full_name as requisition_owner_name,
    hiring_manager.full_name as hiring_manager_name,
    coalesce(postings.count_postings, 0) as count_postings,
    postings.requisition_id is not null as has_posting,
    coalesce(offers.count_offers, 0) as count_offers,
    offers.requisition_id is not null as has_offer
from {{ ref('stg_lever__requisition') }} as requisition
{%- for name in ['postings', 'offers'] %}
left join {{ name }}
    on {{ name }}.source_relation = requisition.source_relation
    and {{ name }}.requisition_id = requisition.requisition_id
{%- endfor %}
{%- for name, column in [
    ('creator', 'creator_user_id'),
    ('requisition_owner', 'owner_user_id'),
    ('hiring_manager', 'hiring_manager_user_id'),
] %}
left join {{ ref('stg_lever__user') }} as {{ name }}
    on {{ name }}.source_relation = requisition.source_relation
    and {{ name }}.user_id = requisition.{{ column }}
{%- endfor %}
