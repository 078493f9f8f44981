{%- set record = 'candidates.remote_data' -%}
{%- set key = '/opportunities' -%}
select
    candidates.connection as source_relation,
    candidates.remote_id as opportunity_id,
    {{ lever_assets.instant('candidates.changed_at') }} as _fivetran_synced,
    {{ lever_assets.json_instant(record, [key, 'archived', 'archivedAt']) }} as archived_at,
    {{ lever_assets.json_text(record, [key, 'archived', 'reason']) }} as archived_reason_id,
    coalesce(people.remote_id, {{ lever_assets.json_text(record, [key, 'contact']) }}) as contact_id,
    {{ lever_assets.instant('candidates.remote_created_at') }} as created_at,
    {{ lever_assets.json_boolean(record, [key, 'dataProtection', 'contact', 'allowed']) }}
        as is_data_protection_contact_allowed,
    {{ lever_assets.json_instant(record, [key, 'dataProtection', 'contact', 'expiresAt']) }}
        as data_protection_contact_expires_at,
    {{ lever_assets.json_boolean(record, [key, 'dataProtection', 'store', 'allowed']) }}
        as is_data_protection_store_allowed,
    {{ lever_assets.json_instant(record, [key, 'dataProtection', 'store', 'expiresAt']) }}
        as data_protection_store_expires_at,
    {{ lever_assets.json_text(record, [key, 'headline']) }} as contact_headline,
    {{ lever_assets.json_boolean(record, [key, 'isAnonymized']) }} as is_anonymized,
    {{ lever_assets.json_instant(record, [key, 'lastAdvancedAt']) }} as last_advanced_at,
    {{ lever_assets.json_instant(record, [key, 'lastInteractionAt']) }} as last_interaction_at,
    {{ lever_assets.json_text(record, [key, 'location']) }} as contact_location,
    {{ lever_assets.full_name('candidates') }} as contact_name,
    {{ lever_assets.json_text(record, [key, 'origin']) }} as origin,
    {{ lever_assets.json_text(record, [key, 'owner']) }} as owner_user_id,
    {{ lever_assets.json_instant(record, [key, 'snoozedUntil']) }} as snoozed_until,
    stages.remote_id as stage_id,
    {{ lever_assets.instant('candidates.remote_updated_at') }} as updated_at,
    {{ lever_assets.json_joined(record, [key, 'sources']) }} as sources,
    {{ lever_assets.json_joined(record, [key, 'tags']) }} as tags,
    (
        select string_agg('<' || {{ lever_assets.json_text('email.value', []) }} || '>', ', ' order by email.place)
        from {{ lever_assets.json_elements(record, [key, 'emails']) }} as email
    ) as emails,
    (
        select
            string_agg(
                coalesce({{ lever_assets.json_text('phone.value', ['type']) }} || ': ', '')
                || {{ lever_assets.json_text('phone.value', ['value']) }},
                ', ' order by phone.place
            )
        from {{ lever_assets.json_elements(record, [key, 'phones']) }} as phone
    ) as phones
    {%- for site in ['linkedin', 'github'] %},
    (
        select max({{ lever_assets.json_text('link.value', []) }})
        from {{ lever_assets.json_elements(record, [key, 'links']) }} as link
        where lower({{ lever_assets.json_text('link.value', []) }}) like '%{{ site }}.com%'
    ) as {{ site }}_link
    {%- endfor %}
from {{ source('lever_assets', 'candidates') }} as candidates
left join {{ source('lever_assets', 'application_stages') }} as stages
    on stages.id = candidates.current_stage_id
left join {{ source('lever_assets', 'people') }} as people
    on people.id = candidates.person_id
where candidates.remote_deleted_at is null
