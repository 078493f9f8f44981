"""Lever record -> unified rows: pure functions without I/O, a module per unified model, named as the model.

What they share is in `rules/`. Each has one public function `rows(...)` that yields the rows of one record.
The rules are written down in the documentation of the models; here stands one field a line, with the rule
beside it. `SOURCES` says which of Lever's keys each column comes from, `COPIES` where Lever says the same
once more.
"""

from collections.abc import Mapping

# Raise it when a mapping changes: the next sync then maps everything again from the raw tables.
MAPPING_VERSION: int = 5

Sources = Mapping[str, tuple[str, ...]]
"""By column the paths of Lever's keys.

A path is `resource.key`, `resource.key.inner` inside an object or a list of objects; `gcal*` stands for every
key that begins so, `resource.*` for every key that no column of any model names.
"""
