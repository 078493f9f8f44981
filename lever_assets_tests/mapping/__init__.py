"""Tests of the mapping from Lever to the unified models."""
