"""What is kept and what is not, as rules: functions and frozen types, no I/O. Who follows them: `sync/retention/`.

- `exclusion`: the models and fields that LEVER_EXCLUDE names, and the records and keys of Lever's that go with them.
- `limit`: which candidates the settings keep (all, those changed since a cutoff, those created here), and who of
  the others is still in play.
- `anonymity`: what stays of a record of somebody whom Lever has anonymised.
- `named`: whom the input of an action names.

Which column is personal stands at the column (`unified/models.py`), and from which keys of Lever's it comes beside
its mapping (`mapping/`).
"""
