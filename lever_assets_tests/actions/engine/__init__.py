"""Tests of how any action is done once."""
