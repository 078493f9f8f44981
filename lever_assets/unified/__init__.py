"""The 19 unified ATS models, and the extra ones: their rows, enums, ids and relations.

Knows nothing of Lever, SQL or Dagster.
"""
