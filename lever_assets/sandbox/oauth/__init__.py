"""Lever's OAuth server: the page that asks for consent, codes, tokens and what they open."""

from lever_assets.sandbox.oauth.config import Environment, OAuthConfig, Rotation
from lever_assets.sandbox.oauth.consented import Grant, Issued, Token
from lever_assets.sandbox.oauth.grants import Grants

__all__ = ["Environment", "Grant", "Grants", "Issued", "OAuthConfig", "Rotation", "Token"]
