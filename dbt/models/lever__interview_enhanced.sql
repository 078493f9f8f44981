-- A row for each interview and each feedback form on it. Of an interview without feedback that has one interviewer, this is
-- the interviewer.
with only_interviewer as (

    select source_relation, interview_id, max(user_id) as user_id
    from {{ ref('stg_lever__interviewer_user') }}
    group by 1, 2
    having count(*) = 1

),

interview as (

    select
        interview.*,
        feedback.feedback_form_id,
        feedback.creator_user_id as feedback_completer_user_id,
        feedback.completed_at as feedback_completed_at,
        feedback.instructions as feedback_form_instructions,
        feedback.score_system_value,
        feedback.form_title as feedback_form_title,
        case
            when feedback.feedback_form_id is null then only_interviewer.user_id
            else interviewer_user.user_id
        end as interviewer_user_id
    from {{ ref('stg_lever__interview') }} as interview
    left join {{ ref('stg_lever__feedback_form') }} as feedback
        on feedback.source_relation = interview.source_relation
        and feedback.interview_id = interview.interview_id
    left join {{ ref('stg_lever__interviewer_user') }} as interviewer_user
        on interviewer_user.source_relation = interview.source_relation
        and interviewer_user.interview_id = interview.interview_id
        and interviewer_user.user_id = feedback.creator_user_id
    left join only_interviewer
        on only_interviewer.source_relation = interview.source_relation
        and only_interviewer.interview_id = interview.interview_id

)

select
    interview.source_relation,
    interview._fivetran_synced,
    interview.canceled_at,
    interview.created_at,
    interview.creator_user_id,
    interview.occurred_at,
    interview.duration_minutes,
    interview.feedback_reminder_frequency,
    interview.gcal_event_url,
    interview.interview_id,
    interview.location,
    interview.note,
    interview.opportunity_id,
    interview.panel_id,
    interview.opportunity_stage_id,
    interview.subject,
    interview.timezone,
    interview.feedback_form_id,
    interview.feedback_completer_user_id,
    interview.feedback_completed_at,
    interview.feedback_form_instructions,
    interview.score_system_value,
    interview.feedback_form_title,
    interview.interviewer_user_id,
    interviewer.full_name as inteviewer_name,
    interviewer.email as interviewer_email,
    feedback_completer.full_name as feedback_completer_name,
    interview_coordinator.full_name as interview_coordinator_name,
    interview.ended_at,
    opportunity.opportunity_owner_name,
    opportunity.referrer_name,
    opportunity.hiring_manager_name,
    coalesce(interview.interviewer_user_id = opportunity.posting_hiring_manager_user_id, false)
        as interviewer_is_hiring_manager,
    opportunity.contact_name as interviewee_name,
    opportunity.contact_location as interviewee_location,
    opportunity.origin as interviewee_origin,
    opportunity.contact_id as interviewee_contact_id,
    {{ dbt.datediff('opportunity.created_at', 'interview.occurred_at', 'day') }} as days_between_opp_created_and_interview,
    opportunity.last_advanced_at > interview.ended_at as has_advanced_since_interview
from interview
left join {{ ref('int_lever__opportunity_users') }} as opportunity
    on opportunity.source_relation = interview.source_relation
    and opportunity.opportunity_id = interview.opportunity_id
{%- for name, column in [
    ('interviewer', 'interviewer_user_id'),
    ('feedback_completer', 'feedback_completer_user_id'),
    ('interview_coordinator', 'creator_user_id'),
] %}
left join {{ ref('stg_lever__user') }} as {{ name }}
    on {{ name }}.source_relation = interview.source_relation
    and {{ name }}.user_id = interview.{{ column }}
{%- endfor %}
