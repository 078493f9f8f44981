"""Lever record -> unified rows: pure functions without I/O, a module per unified model, named as the model.

Each has one public function `rows(...)` that yields the rows of one record. The rules are written down in the
documentation of the models; here stands one field a line, with the rule beside it.
"""

# Raise it when a mapping changes: the next sync then maps everything again from the raw tables.
MAPPING_VERSION: int = 4
