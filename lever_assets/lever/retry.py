"""After which errors, and after how long, a request is sent again.

Not tenacity: its retry object keeps its state per thread, not per coroutine, and a copy for each request
costs 30 µs on top of 280; nor stamina: its hook does not know the number of the attempt, which the wait
depends on.
"""

from dataclasses import dataclass

from lever_assets.backoff import gap_after
from lever_assets.lever.errors import LeverError, MalformedError, RateLimitedError, UnavailableError


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently to retry. Waits grow twofold from `base` to `cap` seconds, with jitter.

    `attempts` is for connection faults and 5xx; `malformed_attempts` for answers that can't be read, which
    seldom get better; `rejected_attempts` for 429, which is no fault but a "wait". Where Lever names a time
    (Retry-After) it is kept, but no wait is shorter than without it. A request never waits more than
    `patience` seconds in all: if it would, it fails instead, at once. Nor does it wait longer than that while
    another request's Retry-After holds everybody back, unless `sits_out_holds`.
    """

    attempts: int = 6
    malformed_attempts: int = 5
    rejected_attempts: int = 12
    base: float = 0.5
    cap: float = 30.0
    patience: float = 120.0
    sits_out_holds: bool = True

    def wait_after(self, error: LeverError, attempt: int, waited: float = 0.0) -> float | None:
        """Return the seconds to wait after the attempt of that number (from 1) failed; None: give up.

        Attempts are counted for each kind of error apart; `waited` is what the request has waited before.
        400, 401, 403 and 404 are never retried.
        """
        match error:
            case RateLimitedError() if attempt < self.rejected_attempts:
                # At least half, since an immediate second try is sure to be refused again.
                certain = 0.5
            case UnavailableError(lasting=False) if attempt < self.attempts:
                certain = 0.0
            case MalformedError() if attempt < self.malformed_attempts:
                certain = 0.0
            case _:
                return None
        wait = gap_after(attempt, self.base, self.cap, certain=certain)
        if isinstance(error, RateLimitedError | UnavailableError) and error.retry_after is not None:
            # A little later than asked, and not all at the same moment. 0, or a date that is past, must not
            # use up the attempts in the middle of a storm.
            wait = max(wait, error.retry_after + wait * 0.1)
        return wait if waited + wait <= self.patience else None
