"""Dagster's UI, which has no log-in of its own, behind a check, together with its daemon."""
