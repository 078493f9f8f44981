"""Endpoints that ask others, and so may take long, in threads of their own: whoever reads waits for none."""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

P = ParamSpec("P")
R = TypeVar("R")

_AT_ONCE = CapacityLimiter(40)


def apart(answer: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Return what answers as `answer` does, in a thread that is not one of the readers'."""

    @wraps(answer)
    async def awaited(*args: P.args, **kwargs: P.kwargs) -> R:
        return await to_thread.run_sync(partial(answer, *args, **kwargs), limiter=_AT_ONCE)

    return awaited
