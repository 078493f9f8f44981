"""What is kept and what is not, as rules without I/O; `sync/retention/` sees to them.

- `exclusion`: the models and fields that LEVER_EXCLUDE names, and the records of Lever's that go with them;
  `stripping`: the keys that do.
- `people`: which candidates are kept (all, those changed since a cutoff, those created through us), what
  hangs on one, and when it is over.
- `anonymity`: what stays of a record of somebody whom Lever has anonymised.
- `named`: whom the input of an action names.

Which column is personal stands at the column (`unified/models.py`), and from which keys of Lever's it comes
beside its mapping (`mapping/`).
"""
