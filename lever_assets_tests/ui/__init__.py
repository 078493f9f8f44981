"""Dagster's UI behind the check."""
