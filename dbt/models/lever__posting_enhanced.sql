with applications as (

    select
        source_relation,
        posting_id,
        min(created_at) as first_app_sent_at,
        sum(case when type = 'referral' then 1 else 0 end) as count_referred_applications,
        sum(case when type in ('posting', 'agency') then 1 else 0 end) as count_posting_applications,
        sum(case when type = 'user' then 1 else 0 end) as count_manual_user_applications,
        count(distinct opportunity_id) as count_opportunities,
        count(distinct case when is_open then opportunity_id end) as count_open_opportunities
    from {{ ref('stg_lever__application') }}
    group by 1, 2

),

newest_application as (

    select
        source_relation,
        posting_id,
        posting_hiring_manager_user_id,
        row_number() over (
            partition by source_relation, posting_id order by created_at desc, application_id
        ) as place
    from {{ ref('stg_lever__application') }}

),

interviews as (

    select
        posting_interview.source_relation,
        posting_interview.posting_id,
        count(distinct interview.interview_id) as count_interviews,
        count(distinct interview.opportunity_id) as count_interviewees
    from {{ ref('stg_lever__posting_interview') }} as posting_interview
    join {{ ref('stg_lever__interview') }} as interview
        on interview.source_relation = posting_interview.source_relation
        and interview.interview_id = posting_interview.interview_id
    group by 1, 2

),

requisitions as (

    select source_relation, posting_id, count(*) as count_requisitions
    from {{ ref('stg_lever__requisition_posting') }}
    group by 1, 2

)

select
    posting.source_relation,
    posting._fivetran_synced,
    posting.job_commitment,
    posting.job_department,
    posting.job_level,
    posting.job_location,
    posting.job_team,
    posting.content_description,
    posting.created_at,
    posting.creator_user_id,
    posting.posting_id,
    posting.owner_user_id,
    posting.requisition_code,
    posting.current_state,
    posting.job_title,
    posting.updated_at,
    applications.first_app_sent_at,
    {%- for name in [
        'count_referred_applications',
        'count_posting_applications',
        'count_manual_user_applications',
        'count_opportunities',
        'count_open_opportunities',
    ] %}
    cast(coalesce(applications.{{ name }}, 0) as bigint) as {{ name }},
    {%- endfor %}
    coalesce(interviews.count_interviews, 0) as count_interviews,
    coalesce(interviews.count_interviewees, 0) as count_interviewees,
    coalesce(requisitions.count_requisitions, 0) as count_requisitions,
    requisitions.posting_id is not null as has_requisition,
    posting.tags,
    hiring_manager.full_name as posting_hiring_manager_name
from {{ ref('stg_lever__posting') }} as posting
left join applications
    on applications.source_relation = posting.source_relation
    and applications.posting_id = posting.posting_id
left join newest_application
    on newest_application.source_relation = posting.source_relation
    and newest_application.posting_id = posting.posting_id
    and newest_application.place = 1
left join interviews
    on interviews.source_relation = posting.source_relation
    and interviews.posting_id = posting.posting_id
left join requisitions
    on requisitions.source_relation = posting.source_relation
    and requisitions.posting_id = posting.posting_id
left join {{ ref('stg_lever__user') }} as hiring_manager
    on hiring_manager.source_relation = posting.source_relation
    and hiring_manager.user_id
        = coalesce(newest_application.posting_hiring_manager_user_id, posting.hiring_manager_user_id)
