"""Notices to URLs of the user's that data has changed: kept in an outbox, signed, sent until they arrive."""
