"""The 19 unified ATS models: their rows, enums, ids and relations. Knows nothing of Lever, SQL or Dagster."""
