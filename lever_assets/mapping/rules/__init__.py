"""Rules that several mappings share, or that are long enough to be read alone: pure functions."""
