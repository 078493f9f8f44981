"""Faults on demand: refusals, cut connections, broken bodies, lists that lie. Seeded, so they repeat."""

from lever_assets.sandbox.faults.fault import Fault
from lever_assets.sandbox.faults.kinds import KINDS, Kind
from lever_assets.sandbox.faults.plan import NO_STRIKE, FaultPlan, Strike, Struck

__all__ = ["KINDS", "NO_STRIKE", "Fault", "FaultPlan", "Kind", "Strike", "Struck"]
