select distinct
    requisitions.connection as source_relation,
    requisitions.remote_id as requisition_id,
    {{ lever_assets.json_text('offer.value', []) }} as offer_id
from {{ source('lever_assets', 'requisitions') }} as requisitions
cross join lateral {{ lever_assets.json_elements('requisitions.remote_data', ['/requisitions', 'offerIds']) }} as offer
where requisitions.remote_deleted_at is null
