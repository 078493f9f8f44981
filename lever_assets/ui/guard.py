"""The check before Dagster's UI: a page of another site can do nothing with it, whoever looks at that page.

A browser sends what any page wants sent, to any address, and Dagster takes a mutation in whatever form it
comes. So the form is narrowed to one that a browser never sends for another site without asking first (a POST
of JSON), and what names another site as its sender is refused.
"""

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lever_assets.ui.documents import changes_something, message_changes_something
from lever_assets.ui.names import Address, Names
from lever_assets.ui.password import GuessingError, Password

_READING = frozenset({"GET", "HEAD"})
_OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
_POLICY_VIOLATION = 1008
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Dagster", charset="UTF-8"'}


class _RefusedError(Exception):
    """A request is refused: the HTTP status, and a sentence that repeats nothing of what was sent."""

    def __init__(self, status: int, why: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.headers = headers


class Guard:
    """Lets those requests to an ASGI application through that its own pages, or no page, sent."""

    def __init__(self, app: ASGIApp, names: Names, password: Password | None = None) -> None:
        self._app = app
        self._names = names
        self._password = password

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            _check_sender(scope, headers, self._names)
            await self._check_password(headers)
            if scope["type"] == "http":
                _check_form(scope, headers)
        except _RefusedError as refusal:
            # Of a WebSocket too, which is not made then (ASGI's extension websocket.http.response).
            answer = PlainTextResponse(f"Refused: {refusal}.\n", refusal.status, refusal.headers)
            await answer(scope, receive, send)
            return
        if scope["type"] == "http":
            await self._app(scope, receive, _in_no_frame_of_others(send))
        else:
            await self._app(scope, _without_mutations(receive, send), send)

    async def _check_password(self, headers: Headers) -> None:
        if self._password is None:
            return
        try:
            opened = await self._password.opens(_single(headers, "authorization"))
        except GuessingError:
            raise _RefusedError(429, "too many wrong passwords came; try again in some seconds") from None
        if not opened:
            raise _RefusedError(401, "the password is missing or wrong (LEVER_UI_PASSWORD)", _CHALLENGE)


def _check_sender(scope: Scope, headers: Headers, names: Names) -> None:
    """Check by whom, and to whom, a request was sent."""
    host = Address.read(_single(headers, "host") or "")
    arrived_at = (scope.get("server") or (None,))[0]
    if host is None or not names.has_host(host, arrived_at):
        raise _RefusedError(403, "it was sent to a name that is not one of this UI's (see LEVER_UI_HOSTS)")
    origin = _single(headers, "origin")
    if origin is not None and not names.has_origin(origin, host):
        raise _RefusedError(403, "a page of another site sent it")
    site = _single(headers, "sec-fetch-site")
    if site not in {None, "same-origin", "none"} and not _follows_a_link(scope, headers):
        raise _RefusedError(403, "a page of another site sent it")


def _follows_a_link(scope: Scope, headers: Headers) -> bool:
    """Return whether somebody comes here from another site, with a click or from a log-in.

    That page sees nothing of the answer, and a GET changes nothing.
    """
    return (
        scope["type"] == "http"
        and scope["method"] in _READING
        and _single(headers, "sec-fetch-mode") == "navigate"
        and _single(headers, "sec-fetch-dest") == "document"
    )


def _check_form(scope: Scope, headers: Headers) -> None:
    """Check that whatever changes something is a POST of JSON, which no page of another site can send."""
    if any(name in headers for name in _OVERRIDES):
        raise _RefusedError(400, "the method of a request can't be overridden")
    if scope["method"] in _READING:
        asked = QueryParams(scope["query_string"]).getlist("query")
        if any(map(changes_something, asked)):
            raise _RefusedError(405, "a mutation is taken by POST only", {"Allow": "POST"})
    elif scope["method"] != "POST":
        raise _RefusedError(405, "only GET and POST are taken", {"Allow": "GET, HEAD, POST"})
    elif (_single(headers, "content-type") or "").partition(";")[0].strip().lower() != "application/json":
        # Not if it only stands somewhere in it, as Dagster has it: "text/plain; application/json" is one
        # of the types that a browser sends to other sites unasked.
        raise _RefusedError(415, "a POST is taken with the content type application/json only")


def _single(headers: Headers, name: str) -> str | None:
    """Return a header that may come once; of two, we and whoever is before or behind us might see another."""
    found = headers.getlist(name)
    if len(found) > 1:
        raise _RefusedError(400, f"it has the header {name.title()} more than once")
    return found[0] if found else None


def _in_no_frame_of_others(send: Send) -> Send:
    """Return a `send` that keeps the answer out of frames of other sites, whose clicks it would take."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("X-Frame-Options", "SAMEORIGIN")
        await send(message)

    return sending


def _without_mutations(receive: Receive, send: Send) -> Receive:
    """Return a `receive` that ends a WebSocket on which a mutation comes: it is for subscriptions."""

    async def receiving() -> Message:
        message = await receive()
        if message["type"] != "websocket.receive" or not message_changes_something(message.get("text") or ""):
            return message
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}

    return receiving
