-- The state is Lever's own word, which only the raw record has.
select
    offers.connection as source_relation,
    offers.remote_id as offer_id,
    given.parent_id as opportunity_id,
    {{ lever_assets.instant('offers.remote_created_at') }} as created_at,
    {{ lever_assets.json_text('given.data', ['status']) }} as status
from {{ source('lever_assets', 'offers') }} as offers
left join {{ source('lever_assets', 'raw_offers') }} as given
    on given.connection = offers.connection and given.remote_id = offers.remote_id
where offers.remote_deleted_at is null
