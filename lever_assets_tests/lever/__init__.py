"""Tests of the Lever client and its records."""
