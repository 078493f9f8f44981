"""A local Lever: the Data API over HTTP, over a generated or a recorded account. For demos and tests."""

from lever_assets.sandbox.config import SandboxConfig
from lever_assets.sandbox.deliveries import Delivery
from lever_assets.sandbox.faults import Fault
from lever_assets.sandbox.oauth import Grant, Issued, OAuthConfig
from lever_assets.sandbox.request_log import RequestCounts
from lever_assets.sandbox.sandbox import Sandbox
from lever_assets.sandbox.server import open_account, parse_faults, running_sandbox, serve

__all__ = [
    "Delivery",
    "Fault",
    "Grant",
    "Issued",
    "OAuthConfig",
    "RequestCounts",
    "Sandbox",
    "SandboxConfig",
    "open_account",
    "parse_faults",
    "running_sandbox",
    "serve",
]
