"""Tests of the local Lever, over real HTTP."""
