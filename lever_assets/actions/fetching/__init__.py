"""Fetching files that callers name by an address, from public hosts alone; knows nothing of actions."""
