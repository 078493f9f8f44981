"""Notices of changed data: when there is one, what it says, and how it is sent."""
