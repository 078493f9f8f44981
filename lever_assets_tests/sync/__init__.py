"""Tests of the sync against the sandbox, over HTTP."""
