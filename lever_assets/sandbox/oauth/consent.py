"""GET and POST /authorize: the page, and the way back to the application."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from lever_assets.sandbox.oauth import page
from lever_assets.sandbox.oauth.asking import Asked, UntrustedError
from lever_assets.sandbox.oauth.errors import OAuthError, access_denied, invalid_request
from lever_assets.sandbox.oauth.grants import Grants

AUTHORIZE = "/authorize"
# Like Lever's, the page can't be shown inside another one.
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}


def create_consent(grants: Grants, prefix: str, base_url: str) -> Starlette:
    """The application that answers /authorize below a prefix, for the API at `base_url`."""
    base_path = urlsplit(base_url).path

    async def ask(request: Request) -> Response:
        return _checked(request, Asked.read(request.query_params.multi_items()))

    async def decide(request: Request) -> Response:
        async with request.form() as form:
            fields = [(name, str(value)) for name, value in form.multi_items()]
        return _checked(request, Asked.read(fields), dict(fields))

    def _checked(request: Request, asked: Asked, form: dict[str, str] | None = None) -> Response:
        try:
            asked.must_be_trusted(grants.config)
            # The API has as many names as this server: that by which the user came is as good as its own.
            audiences = (f"{base_url}/", f"{str(request.base_url).rstrip('/')}{base_path}/")
            asked.must_be_right(audiences, page.NAMES[grants.environment])
            if form is None:
                told = page.consent(asked, grants.config.client_name, grants.environment)
                return HTMLResponse(told, headers=HEADERS)
            return _redirect(asked, {"code": _decided(asked, form)})
        except UntrustedError as error:
            return HTMLResponse(page.refusal(str(error), grants.environment), 400, HEADERS)
        except OAuthError as error:
            return _redirect(asked, error.fields())

    def _decided(asked: Asked, form: dict[str, str]) -> str:
        """The code for what the user has said, OAuthError for a no."""
        decision, role = form.get("decision"), form.get("sign_in_as")
        if decision not in {"accept", "deny"} or role not in page.ROLES:
            raise invalid_request("The form was not filled in: Accept or Deny, as a Super Admin or an Admin")
        if decision == "deny":
            raise access_denied("The user did not authorize the request")
        if role != "super_admin":
            raise access_denied("Only a Super Admin can connect an application to this Lever account")
        return grants.consent(asked.scopes, asked.redirect_uri, asked.challenge)

    return Starlette(
        routes=[
            Route(f"{prefix}{AUTHORIZE}", ask, methods=["GET"]),
            Route(f"{prefix}{AUTHORIZE}", decide, methods=["POST"]),
        ]
    )


def _redirect(asked: Asked, fields: dict[str, str]) -> Response:
    # 303: whatever the form was sent with, the application is asked with GET.
    return RedirectResponse(asked.answered(fields), 303, HEADERS)
