"""Tests of lever_assets, one folder per folder of the package."""
