"""Connections to Lever accounts: who we are there, and the client that acts as them."""
