"""Webhooks: the receiver of Lever's events, what they lead to, and the set-up of the subscriptions."""
