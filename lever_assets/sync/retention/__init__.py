"""Seeing to it that the database holds no more than the rules of `policy/` let it.

- `excluded`: what LEVER_EXCLUDE names is removed, what it names no more is read again.
- `coverage`: which candidates are kept as they arrive, and which of them the last whole pass kept.
- `anonymised`: what was stored of a person before Lever anonymised them is erased at once.
- `expired`: what has been gone or left out for longer than LEVER_RETENTION_DAYS is erased.
- `past_actions`: what actions were given of people who are gone is erased wherever it is kept.
- `compaction`: SQLite's files are written anew, so that no copy is left in them.

The fetching and the mapping call it; it calls neither. Its SQL is in `store/`: `payloads` rewrites what came
from Lever, `changes` the history, `erasure` and `removal` the rows.
"""
