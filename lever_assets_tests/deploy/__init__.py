"""Installations on many machines: what `deploy/` declares."""
