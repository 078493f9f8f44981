"""Connecting an account on the page: by whom Lever is asked, and what follows when it was, or was not."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from lever_assets.api.afterwards import send, tell
from lever_assets.api.asking import Parts
from lever_assets.connect import links
from lever_assets.connect.links import FlowError, Link, Purpose
from lever_assets.connect.oauth import App
from lever_assets.notices.enqueueing import integration_of, tell_flow_failed
from lever_assets.notices.wording import Integration
from lever_assets.policy.exclusion import Exclusion
from lever_assets.prerequisites.permissions import to_grant
from lever_assets.settings import Settings
from lever_assets.store.accounts import named_at_first
from lever_assets.store.transaction import NOBODY
from lever_assets.unified.ids import integration_id

CALLBACK = "/connect/callback"
"""Where Lever leads back to; it is to be registered with the OAuth app, after LEVER_API_URL."""

_log = logging.getLogger("lever_assets.api")


@dataclass(frozen=True)
class SignIn:
    """Our app at Lever for the page; `app` None: people can't sign in.

    `is_mismatch`: since the app is registered with another callback than the page's.
    """

    app: App | None = None
    is_mismatch: bool = False


def sign_in(settings: Settings, address: str) -> SignIn:
    """Return the app by which people sign in on the page of a server at an address."""
    if settings.oauth_client_id is None or settings.oauth_client_secret is None:
        return SignIn()
    ours = f"{address}{CALLBACK}"
    by_default = type(settings).model_fields["oauth_redirect_uri"].default
    if settings.oauth_redirect_uri not in {ours, by_default}:
        _log.warning(
            "nobody can sign in with Lever on the page for connecting: LEVER_OAUTH_REDIRECT_URI is "
            "%s and would have to be %s, registered with the app",
            settings.oauth_redirect_uri,
            ours,
        )
        return SignIn(is_mismatch=True)
    return SignIn(App(settings.oauth_client_id, settings.oauth_client_secret, ours))


def permissions(settings: Settings) -> Sequence[str]:
    """Return what Lever is asked for, by its names."""
    feedback = settings.assessment_feedback_template is not None
    wanted = to_grant(Exclusion.of(settings), read_only=False, feedback=feedback, eeo=settings.counts_eeo)
    return [name for name, _ in wanted]


def by_key(parts: Parts, token: str, key: str) -> Link:
    """Connect an account by a key; raises as `links.by_key`, and tells of it."""
    try:
        link = links.by_key(parts.store, parts.settings, token, key)
    except FlowError as error:
        _note(parts, error)
        raise
    _follow_up(parts, link.connection)
    return link


def by_consent(parts: Parts, address: str, state: str, app: App) -> Link:
    """Connect an account by what came back from Lever; raises as `links.by_consent`, and tells of it."""
    scopes = permissions(parts.settings)
    try:
        link = links.by_consent(parts.store, parts.settings, address, state, app=app, scopes=scopes)
    except FlowError as error:
        _note(parts, error)
        raise
    _follow_up(parts, link.connection)
    return link


def _follow_up(parts: Parts, name: str) -> None:
    """Tell of a connection that was made, and begin its first sync."""

    def first_sync() -> None:
        with parts.store.reading(name) as tx:
            asked = integration_id(named_at_first(tx))
        parts.runs.begin_first(parts.connections.connection(asked))

    tell(parts.store, parts.settings.of(name), then=first_sync)


def _note(parts: Parts, error: FlowError) -> None:
    """Log that an account was not connected, and tell the URLs if it is over with that."""
    link = error.link
    _log.warning("an account was not connected (%s): %s", error.failure, error)
    if link is None or not error.failure.is_final:
        return
    settings = parts.settings
    told_of = NOBODY if link.purpose is Purpose.CONNECT else link.connection
    with parts.store.writing(told_of) as tx:
        if link.purpose is Purpose.CONNECT:
            user = link.end_user
            name = link.connection
            of = Integration(name, user.organization_name or name, user.email, user.origin_id)
        else:
            of = integration_of(tx)
        tell_flow_failed(tx, settings, of, settings.ui_url or settings.api_url or "")
    send(parts.store, settings.of(told_of))
