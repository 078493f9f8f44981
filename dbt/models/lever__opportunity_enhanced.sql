with newest_offer as (

    select
        *,
        row_number() over (
            partition by source_relation, opportunity_id order by created_at desc, offer_id
        ) as place
    from {{ ref('stg_lever__offer') }}

),

newest_resume as (

    select
        *,
        row_number() over (
            partition by source_relation, opportunity_id order by created_at desc, resume_id
        ) as place
    from {{ ref('stg_lever__resume') }}

),

interviews as (

    select
        source_relation,
        opportunity_id,
        count(*) as count_interviews,
        max(occurred_at) as latest_interview_scheduled_at
    from {{ ref('stg_lever__interview') }}
    group by 1, 2

),

-- By who is on the interview, not by who gave feedback on it: feedback is read for those alone who ask for it.
interviewers as (

    select
        interview.source_relation,
        interview.opportunity_id,
        count(distinct interviewer.user_id) as count_interviewers,
        max(case when interviewer.user_id = opportunity.posting_hiring_manager_user_id then 1 else 0 end) = 1
            as has_interviewed_w_hiring_manager
    from {{ ref('stg_lever__interview') }} as interview
    join {{ ref('stg_lever__interviewer_user') }} as interviewer
        on interviewer.source_relation = interview.source_relation
        and interviewer.interview_id = interview.interview_id
    join {{ ref('int_lever__opportunity_users') }} as opportunity
        on opportunity.source_relation = interview.source_relation
        and opportunity.opportunity_id = interview.opportunity_id
    group by 1, 2

)

select
    opportunity.source_relation,
    opportunity._fivetran_synced,
    opportunity.archived_at,
    opportunity.archived_reason_id,
    opportunity.contact_id,
    opportunity.created_at,
    opportunity.is_data_protection_contact_allowed,
    opportunity.data_protection_contact_expires_at,
    opportunity.is_data_protection_store_allowed,
    opportunity.data_protection_store_expires_at,
    opportunity.contact_headline,
    opportunity.opportunity_id,
    opportunity.is_anonymized,
    opportunity.last_advanced_at,
    opportunity.last_interaction_at,
    opportunity.contact_location,
    opportunity.contact_name,
    opportunity.origin,
    opportunity.owner_user_id,
    opportunity.snoozed_until,
    opportunity.stage_id,
    opportunity.updated_at,
    opportunity.application_id,
    opportunity.comments,
    opportunity.company,
    opportunity.posting_hiring_manager_user_id,
    opportunity.posting_id,
    opportunity.posting_owner_user_id,
    opportunity.referrer_user_id,
    opportunity.requisition_id,
    opportunity.application_type,
    opportunity.opportunity_owner_name,
    opportunity.referrer_name,
    opportunity.hiring_manager_name,
    opportunity.sources,
    newest_resume.file_download_url as resume_download_url,
    opportunity.phones,
    opportunity.emails,
    opportunity.linkedin_link,
    opportunity.github_link,
    stage.stage_name as current_stage,
    opportunity.tags,
    archive_reason.archive_reason_title as archive_reason,
    posting.job_title,
    posting.job_commitment,
    posting.job_department,
    posting.job_level,
    posting.job_location,
    posting.job_team,
    posting.current_state as current_state_of_job_posting,
    {{ dbt.datediff('posting.first_app_sent_at', 'opportunity.created_at', 'day') }} as opp_created_n_days_after_first_app,
    newest_offer.offer_id is not null as has_offer,
    newest_offer.status as current_offer_status,
    coalesce(interviews.count_interviews, 0) as count_interviews,
    coalesce(interviewers.count_interviewers, 0) as count_interviewers,
    interviews.latest_interview_scheduled_at,
    coalesce(interviewers.has_interviewed_w_hiring_manager, false) as has_interviewed_w_hiring_manager
from {{ ref('int_lever__opportunity_users') }} as opportunity
left join {{ ref('stg_lever__stage') }} as stage
    on stage.source_relation = opportunity.source_relation
    and stage.stage_id = opportunity.stage_id
left join {{ ref('stg_lever__archive_reason') }} as archive_reason
    on archive_reason.source_relation = opportunity.source_relation
    and archive_reason.archive_reason_id = opportunity.archived_reason_id
left join {{ ref('lever__posting_enhanced') }} as posting
    on posting.source_relation = opportunity.source_relation
    and posting.posting_id = opportunity.posting_id
{%- for name in ['newest_offer', 'newest_resume'] %}
left join {{ name }}
    on {{ name }}.source_relation = opportunity.source_relation
    and {{ name }}.opportunity_id = opportunity.opportunity_id
    and {{ name }}.place = 1
{%- endfor %}
{%- for name in ['interviews', 'interviewers'] %}
left join {{ name }}
    on {{ name }}.source_relation = opportunity.source_relation
    and {{ name }}.opportunity_id = opportunity.opportunity_id
{%- endfor %}
