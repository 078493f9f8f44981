"""Webhooks, over real HTTP: set up in the sandbox, sent by it, received, and drained into the tables."""
