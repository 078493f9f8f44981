"""The sync: fetch -> land -> map -> merge, as plain functions. Knows nothing of Dagster."""
