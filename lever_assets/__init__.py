"""A self-hosted Lever connector: 19 unified ATS models as Dagster assets over the Lever Data API."""
