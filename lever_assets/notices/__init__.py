"""Notices to URLs of the user's that data has changed, or how a connection stands.

They are kept in an outbox, signed, and sent until they arrive.
"""
