-- An opportunity with its application, the newest where it has several, and the names of those who see to it.
with newest_application as (

    select
        *,
        row_number() over (
            partition by source_relation, opportunity_id order by created_at desc, application_id
        ) as place
    from {{ ref('stg_lever__application') }}

)

select
    opportunity.source_relation,
    opportunity._fivetran_synced,
    coalesce(opportunity.archived_at, application.archived_at) as archived_at,
    coalesce(opportunity.archived_reason_id, application.archived_reason_id) as archived_reason_id,
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
    application.application_id,
    application.comments,
    application.company,
    application.posting_hiring_manager_user_id,
    application.posting_id,
    application.posting_owner_user_id,
    application.referrer_user_id,
    application.requisition_id,
    application.type as application_type,
    opportunity_owner.full_name as opportunity_owner_name,
    referrer.full_name as referrer_name,
    hiring_manager.full_name as hiring_manager_name,
    opportunity.sources,
    opportunity.tags,
    opportunity.phones,
    opportunity.emails,
    opportunity.linkedin_link,
    opportunity.github_link
from {{ ref('stg_lever__opportunity') }} as opportunity
left join newest_application as application
    on application.source_relation = opportunity.source_relation
    and application.opportunity_id = opportunity.opportunity_id
    and application.place = 1
{%- for name, column in [
    ('opportunity_owner', 'opportunity.owner_user_id'),
    ('referrer', 'application.referrer_user_id'),
    ('hiring_manager', 'application.posting_hiring_manager_user_id'),
] %}
left join {{ ref('stg_lever__user') }} as {{ name }}
    on {{ name }}.source_relation = opportunity.source_relation
    and {{ name }}.user_id = {{ column }}
{%- endfor %}
