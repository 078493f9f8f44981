"""What a client did, counted, so that a run can say what it cost; and what holds it up, in a sentence."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lever_assets.lever.instants import duration

_WORTH_TELLING = 1.0
"""Seconds; whatever is shorter is the normal course of things."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TrafficSnapshot:
    """The counts at one moment; the difference of two is what happened between them.

    `requests` counts everything sent, retries included; `rejected` the answers 429; `received_bytes` the
    bodies as they came (compressed or not); `seconds_waited` the time spent waiting for the allowance, and
    `seconds_held` the time until something was tried again, because Lever asked for it or was out of order,
    both summed over requests.
    """

    requests: int = 0
    retries: int = 0
    rejected: int = 0
    received_bytes: int = 0
    seconds_waited: float = 0.0
    by_endpoint: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    seconds_held: float = 0.0

    def __sub__(self, earlier: "TrafficSnapshot") -> "TrafficSnapshot":
        endpoints = {
            endpoint: count - earlier.by_endpoint.get(endpoint, 0)
            for endpoint, count in self.by_endpoint.items()
            if count != earlier.by_endpoint.get(endpoint, 0)
        }
        return TrafficSnapshot(
            requests=self.requests - earlier.requests,
            retries=self.retries - earlier.retries,
            rejected=self.rejected - earlier.rejected,
            received_bytes=self.received_bytes - earlier.received_bytes,
            seconds_waited=self.seconds_waited - earlier.seconds_waited,
            by_endpoint=MappingProxyType(endpoints),
            seconds_held=self.seconds_held - earlier.seconds_held,
        )

    def __add__(self, other: "TrafficSnapshot") -> "TrafficSnapshot":
        return self - (TrafficSnapshot() - other)


class Traffic:
    """The running counts of one client, and word of each wait, once, however many requests it holds up.

    What it counts, `also` counts, and that one tells; without it `tell` is told (None: nobody).
    """

    def __init__(self, *, tell: Tell | None = None, also: "Traffic | None" = None) -> None:
        self._also = also
        self._tell = tell
        self._told_until = 0.0
        self.requests = 0
        self.retries = 0
        self.rejected = 0
        self.received_bytes = 0
        self.seconds_waited = 0.0
        self.by_endpoint: Counter[str] = Counter()
        self.seconds_held = 0.0

    def sent(self, endpoint: str, waited: float) -> None:
        """Count a request that goes out after `waited` seconds; `endpoint` is a template (`/offers/:id`)."""
        self.requests += 1
        self.by_endpoint[endpoint] += 1
        self.seconds_waited += waited
        if self._also is not None:
            self._also.sent(endpoint, waited)

    def retried(self, after: float, why: str) -> None:
        """Count a request that goes out once more, after so many seconds, and tell `why`."""
        self.retries += 1
        self.seconds_held += after
        if self._also is not None:
            self._also.retried(after, why)
        else:
            self._waits(after, why)

    def held(self, seconds: float) -> None:
        """Tell that a penalty holds back everybody with this key for so many seconds."""
        if self._also is not None:
            self._also.held(seconds)
        else:
            self._waits(seconds, "Lever asked everybody with this key to wait")

    def answered(self, status: int, size: int) -> None:
        """Count an answer of `size` bytes."""
        self.rejected += status == 429
        self.received_bytes += size
        if self._also is not None:
            self._also.answered(status, size)

    def snapshot(self) -> TrafficSnapshot:
        """Return the counts as they stand."""
        return TrafficSnapshot(
            self.requests,
            self.retries,
            self.rejected,
            self.received_bytes,
            self.seconds_waited,
            MappingProxyType(dict(self.by_endpoint)),
            self.seconds_held,
        )

    def since(self, earlier: TrafficSnapshot) -> TrafficSnapshot:
        """Return what happened since an earlier snapshot."""
        return self.snapshot() - earlier

    def _waits(self, seconds: float, why: str) -> None:
        if self._tell is None:
            return
        until = time.monotonic() + seconds
        if seconds >= _WORTH_TELLING and until >= self._told_until + _WORTH_TELLING:
            self._told_until = until
            self._tell(f"{why}; going on in {duration(seconds)}")
