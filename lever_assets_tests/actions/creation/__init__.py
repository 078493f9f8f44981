"""Tests of creating candidates."""
