"""The Data API under /v1 as an ASGI application: caller, rate limit, permission, faults, answer.

/v1 is plain ASGI, because a framework's request objects would cost more than most answers, and so is the
token endpoint, which faults strike alike. The consent page and the controls under /__ are Starlette.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.callers import Caller, Callers
from lever_assets.sandbox.config import SandboxConfig
from lever_assets.sandbox.endpoints.body import Raw
from lever_assets.sandbox.endpoints.reads import READS
from lever_assets.sandbox.endpoints.route import Answer, Call, Route, of_another
from lever_assets.sandbox.endpoints.writes import WRITES
from lever_assets.sandbox.endpoints.writes.postings import APPLY
from lever_assets.sandbox.errors import ApiError, not_found, rate_limited
from lever_assets.sandbox.faults import NO_STRIKE, Strike, Struck
from lever_assets.sandbox.front import NOTHING, Front, Incoming
from lever_assets.sandbox.oauth.consent import AUTHORIZE
from lever_assets.sandbox.oauth.endpoint import TOKEN
from lever_assets.sandbox.quirks.refusing import without_applications
from lever_assets.sandbox.rate_limit import TokenBucket
from lever_assets.sandbox.recruiting.changes import Changes
from lever_assets.sandbox.router import Router

VERSION = "/v1"
AUTH = "/auth"
APPLICATIONS_PER_SECOND = 2.0


class LeverApi:
    """The API over an account. Knows who calls and what they may."""

    def __init__(
        self,
        config: SandboxConfig,
        changes: Changes,
        front: Front,
        callers: Callers,
        routes: Iterable[Route] = (*READS, *WRITES),
    ) -> None:
        self.changes = changes
        self._front = front
        self._callers = callers
        self._bucket = TokenBucket(config.rate, config.burst)
        usual = APPLICATIONS_PER_SECOND if config.rate else 0.0
        applications = usual if config.apply_rate is None else config.apply_rate
        self._applications = TokenBucket(applications, max(1, round(applications)))
        self._router = Router(routes)

    @property
    def account(self) -> Account:
        """The account behind the API."""
        return self.changes.account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._front.serve(Incoming.read(scope, VERSION, self._router), receive, send, self._answer)

    def _answer(self, request: Incoming, raw: Raw) -> tuple[Answer, Strike]:
        strike, route = NO_STRIKE, request.route
        faults, quirks = self._front.faults, self._front.quirks
        try:
            caller = self._admitted(request)
            if route is None:
                raise not_found(f"There is no {request.method} {VERSION}{request.path}")
            struck = Struck(route, request.path)
            strike = faults.strike(struck)
            if strike.halted:
                return strike.answer or NOTHING, strike
            quirks.check(route)
            caller.check(route)
            query = parse_qs(request.query, keep_blank_values=True) if request.query else {}
            came = quirks.came(route, request.path, query)
            asked = quirks.asked(came)
            if not caller.may("applications:read:admin"):
                asked = without_applications(asked)
            call = Call(self.changes, request.captured, asked.query, caller.confidential_access, raw)
            given = route.handler(call)
            answer = Answer(200, given) if isinstance(given, bytes) else given
            if strike.answer is not None:
                return strike.answer, strike
            if answer.headers:
                answer = replace(answer, headers=quirks.headed(answer.headers))
            else:
                answer = replace(answer, body=quirks.told(came, answer.body))
            other = partial(of_another, route, call)
            return faults.spoil(struck, answer, asked.one("offset"), other), strike
        except ApiError as error:
            return Answer(error.status, self._told_of(error, request)), strike

    def _told_of(self, error: ApiError, request: Incoming) -> bytes:
        if request.route is None:
            return error.body()
        quirks = self._front.quirks
        return quirks.told(quirks.came(request.route, request.path, {}), error.body())

    def _admitted(self, request: Incoming) -> Caller:
        """Who asks, or the 401 and the 429. The allowance is the account's, whoever asks."""
        caller = self._callers.of(request.authorization)
        if not self._bucket.take():
            raise rate_limited()
        if request.endpoint == f"POST {APPLY}" and not self._applications.take():
            raise rate_limited()
        return caller


def create_app(api: LeverApi, tokens: ASGIApp, consent: ASGIApp, control: ASGIApp) -> ASGIApp:
    """The whole application: /v1, the OAuth server under /auth, and the controls beside them."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path.startswith(f"{VERSION}/"):
            await api(scope, receive, send)
        elif path == f"{AUTH}{TOKEN}":
            await tokens(scope, receive, send)
        elif path == f"{AUTH}{AUTHORIZE}":
            await consent(scope, receive, send)
        else:
            await control(scope, receive, send)

    return app
