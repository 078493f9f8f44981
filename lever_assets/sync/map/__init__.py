"""From the raw tables to the unified ones: what changed is mapped and merged."""
