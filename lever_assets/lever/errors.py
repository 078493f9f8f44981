"""The errors of the Lever client.

    LeverError
    ├── AuthenticationError      401: the key is wrong or was revoked
    ├── PermissionMissingError   403: the key lacks a permission; `scope` names it
    ├── NotFoundError            404: there is no such record or endpoint
    ├── RequestRejectedError     any other 4xx, or a redirect
    ├── RateLimitedError         still 429 after the retries
    ├── OutcomeUnknownError      a write went out, and nobody heard whether Lever acted upon it
    ├── UnavailableError         5xx, connection, DNS, TLS or time-out, after the retries
    │   └── InterceptedError     what answered is not Lever, but something on the way to it
    └── MalformedError           no data, wrong shape
        └── BrokenListError     a list that does not get anywhere, such as a page that points at itself

The text of each is one sentence: what happened, where, what to do. None ever holds a key or a query string.
"""


class LeverError(Exception):
    """Something went wrong with Lever; `problem` says what and where, `remedy` what to do.

    `said` is what Lever itself said, shortened; empty when it said nothing.
    """

    said = ""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}; {self.remedy}."


class AuthenticationError(LeverError):
    """Lever does not accept the key or token."""


class PermissionMissingError(LeverError):
    """The key is good, but lacks a permission; `scope` is its name, such as `offers:read:admin`."""

    def __init__(self, problem: str, remedy: str, scope: str) -> None:
        super().__init__(problem, remedy)
        self.args = (problem, remedy, scope)  # so that it survives pickling between processes
        self.scope = scope


class NotFoundError(LeverError):
    """There is no such record, or no such endpoint at this base URL."""


class RequestRejectedError(LeverError):
    """Lever refuses the request as it is; sending it again would change nothing."""


class MalformedError(LeverError):
    """The answer can't be read."""


class BrokenListError(MalformedError):
    """A list goes on and on without getting anywhere."""


class _DelayedError(LeverError):
    """An error after which Lever may say when to come back: `retry_after`, in seconds."""

    def __init__(self, problem: str, remedy: str, retry_after: float | None = None) -> None:
        super().__init__(problem, remedy)
        self.args = (problem, remedy, retry_after)
        self.retry_after = retry_after


class RateLimitedError(_DelayedError):
    """Too many requests with this key, also after waiting."""


class UnavailableError(_DelayedError):
    """Lever can't be reached or is out of order.

    `lasting`: only a change of configuration can help. `sent`: the request may have reached Lever. `over`:
    Lever itself answered, so it works on the request no more.
    """

    lasting = False
    sent = True
    over = False


class InterceptedError(UnavailableError):
    """A firewall, a proxy or the like answered in Lever's place: its page says nothing about a record.

    Lever's own answers are JSON, its refusals too (docs/lever-api.md, Conventions).
    """


class OutcomeUnknownError(LeverError):
    """A write was sent and may or may not have happened: it must be looked up before it is sent again.

    `over`: Lever answered with an error of its own, so that nothing can happen any more; otherwise it may
    still be at work.
    """

    def __init__(self, problem: str, remedy: str, *, over: bool = False) -> None:
        super().__init__(problem, remedy)
        self.over = over
