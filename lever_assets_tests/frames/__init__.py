"""Tests of tables as DataFrames and as files."""
