"""How each unified model is derived from the raw floor: as its mapping says of itself, found by its name."""

from importlib import import_module

from lever_assets.mapping.derivation import Derivation
from lever_assets.unified.catalogue import MODELS

WHOLE = "*"
"""The source of rows that come from many records at once: the whole model has one owner, its derivation."""


def _stated_by(model: str) -> Derivation:
    stated: Derivation = import_module(f"lever_assets.mapping.{model}").DERIVATION
    return stated


DERIVATIONS: dict[str, Derivation] = {model.name: _stated_by(model.name) for model in MODELS}
