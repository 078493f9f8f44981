"""The Dagster layer: assets, partitions, checks and jobs over `sync/`. It holds no business rule."""
