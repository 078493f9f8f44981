"""Tests of the write actions, over HTTP against the sandbox."""
