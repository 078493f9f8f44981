"""The lists to whose rows nothing belongs: roles, tags, rejection reasons, stages."""

from lever_assets.store.pages.wire import Part

_SEEN = ("changed_at", "remote_deleted_at", "remote_data")
ROLE = Part("roles", ("id", "remote_id", "remote_label", "scope", "unified_type", *_SEEN))
TAG = Part("tags", ("id", "remote_id", "name", *_SEEN))
REJECTION_REASON = Part("rejection_reasons", ("id", "remote_id", "name", *_SEEN), required=True)
APPLICATION_STAGE = Part("application_stages", ("id", "remote_id", "name", "status", "custom_fields", *_SEEN))
