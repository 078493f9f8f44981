"""How patient actions are. The defaults are for people who wait; tests make them short."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """How patient an action is, in seconds.

    `lease`: how long a claim on an action lasts that its owner does not renew; after it the owner is taken
    for dead. `attempts`: how often one step is sent, after Lever was asked each time whether it had happened.
    `pause`: before the second attempt, twice as long before each further one. `lag`: how long after an
    error of its own Lever may still show the effect. `patience`: how long Lever may be at work on a request
    of which nobody heard the end; until then not seeing its effect proves nothing. `wait`: how long to wait
    for somebody else who is at work on the same key. `same_input`: how long after an action without a key
    the same input is taken for a repetition; only for what can't be done twice without harm.
    """

    lease: float = 30.0
    attempts: int = 3
    pause: float = 1.0
    lag: float = 2.0
    patience: float = 60.0
    wait: float = 120.0
    same_input: float = 600.0


DEFAULT = Timing()
