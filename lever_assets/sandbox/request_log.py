"""What was asked of the sandbox, so that tests can assert on traffic."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass

RECENT = 1000


@dataclass(frozen=True)
class RequestCounts:
    """A snapshot of the log. Endpoints read like `GET /opportunities/:id/offers`.

    `recent` holds the last requests, oldest first, as `GET /v1/opportunities?limit=100`.
    """

    total: int
    by_endpoint: dict[str, int]
    by_status: dict[int, int]
    by_endpoint_status: dict[str, dict[int, int]]
    max_concurrency: int
    recent: tuple[str, ...]

    def of(self, endpoint: str) -> int:
        """How often `GET /…` was asked; the `GET ` may be left out."""
        return self.by_endpoint.get(endpoint if " " in endpoint else f"GET {endpoint}", 0)


class RequestLog:
    """Counts requests by endpoint template and status, and how many were under way at once.

    A connection that was reset on purpose counts with status 0.
    """

    def __init__(self) -> None:
        self._under_way = 0
        self.reset()

    def reset(self) -> None:
        """Forget everything but the requests under way."""
        self._counts: Counter[tuple[str, int]] = Counter()
        self._recent: deque[str] = deque(maxlen=RECENT)
        self._most = self._under_way

    def begin(self) -> None:
        """A request came in."""
        self._under_way += 1
        self._most = max(self._most, self._under_way)

    def end(self) -> None:
        """Its answer has left, or never will."""
        self._under_way -= 1

    def count(self, endpoint: str, status: int, request: str) -> None:
        """Its answer is about to leave: whoever has it finds it counted."""
        self._counts[endpoint, status] += 1
        self._recent.append(request)

    def snapshot(self) -> RequestCounts:
        """The counts so far."""
        by_endpoint: Counter[str] = Counter()
        by_status: Counter[int] = Counter()
        both: dict[str, dict[int, int]] = {}
        for (endpoint, status), count in sorted(self._counts.copy().items()):
            by_endpoint[endpoint] += count
            by_status[status] += count
            both.setdefault(endpoint, {})[status] = count
        return RequestCounts(
            total=by_endpoint.total(),
            by_endpoint=dict(by_endpoint),
            by_status=dict(by_status),
            by_endpoint_status=both,
            max_concurrency=self._most,
            recent=tuple(self._recent.copy()),
        )
