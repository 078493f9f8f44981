"""What users consented to, and the codes and tokens made from it, in the account's database: as hashes alone.

A grant is one consent. Its tokens come in pairs, numbered from 1: an access token, and a refresh token if
`offline_access` is among the scopes. Each renewal makes the next pair. They are revoked together.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import uuid4

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.oauth.config import Environment, OAuthConfig
from lever_assets.sandbox.oauth.consented import Grant, Issued, Kind, Token
from lever_assets.sandbox.oauth.errors import InvalidGrantError
from lever_assets.sandbox.oauth.scopes import OFFLINE, unknown
from lever_assets.sandbox.recruiting.clock import Clock

TABLES = """
CREATE TABLE IF NOT EXISTS oauth_grants (
  id TEXT PRIMARY KEY, environment TEXT NOT NULL, scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL, revoked_at INTEGER, revoked_because TEXT);
CREATE TABLE IF NOT EXISTS oauth_codes (
  hash TEXT PRIMARY KEY, grant_id TEXT NOT NULL, redirect_uri TEXT NOT NULL, challenge TEXT,
  expires_at INTEGER NOT NULL, used_at INTEGER);
CREATE TABLE IF NOT EXISTS oauth_tokens (
  hash TEXT PRIMARY KEY, grant_id TEXT NOT NULL, kind TEXT NOT NULL, pair INTEGER NOT NULL, replaces INTEGER,
  issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, ended_at INTEGER);
CREATE INDEX IF NOT EXISTS oauth_tokens_grant ON oauth_tokens (grant_id, pair);
"""
# Auth0's access tokens are signed records of about this length, not short texts.
ACCESS_TOKEN_BYTES = 720
REFRESH_TOKEN_BYTES = 34


class _Found(NamedTuple):
    """A token of a grant that stands."""

    grant: str
    scopes: str
    pair: int
    replaces: int | None
    expires_at: int
    ended_at: int | None


class Grants:
    """The grants of an account in one of Lever's environments. Safe to use from several threads."""

    def __init__(
        self, account: Account, clock: Clock, config: OAuthConfig, environment: Environment = "production"
    ) -> None:
        self.config = config
        self.environment = environment
        self.rotation = config.rotation
        self._account = account
        self._clock = clock
        with account.lock:
            account.database.executescript(TABLES)

    # Consent, codes and tokens

    def consent(self, scopes: Iterable[str], redirect_uri: str, challenge: str | None) -> str:
        """Keep what a user agreed to; returns the code for it."""
        code, now = secrets.token_urlsafe(REFRESH_TOKEN_BYTES), self._clock.read()
        with self._transaction():
            self._run(
                "INSERT INTO oauth_codes VALUES (?, ?, ?, ?, ?, NULL)",
                _hash(code),
                self._new(scopes),
                redirect_uri,
                challenge,
                now + _milliseconds(self.config.code_seconds),
            )
        return code

    def issue(self, scopes: Iterable[str]) -> Issued:
        """Grant scopes without the page: the first pair of a new grant. ValueError for an unknown one."""
        wanted = tuple(scopes)
        if strangers := unknown(wanted):
            raise ValueError(f"there is no scope {strangers[0]}")
        with self._transaction():
            return self._pair(self._new(wanted), " ".join(wanted), replaces=None)

    def exchange(self, code: str, redirect_uri: str, verifier: str | None) -> Issued:
        """The first pair for a code; InvalidGrantError if it is no good. Used twice it revokes its grant."""
        with self._transaction():
            rows = self._run(
                "SELECT grant_id, redirect_uri, challenge, expires_at, used_at, scopes, revoked_at"
                " FROM oauth_codes JOIN oauth_grants ON id = grant_id WHERE hash = ? AND environment = ?",
                _hash(code),
                self.environment,
            )
            if not rows:
                raise InvalidGrantError("Invalid authorization code")
            grant, bound_to, challenge, expires_at, used_at, scopes, revoked_at = rows[0]
            if used_at is not None:
                self._revoke(grant, "its code was used twice")
                raise InvalidGrantError("The authorization code was used already")
            if revoked_at is not None or self._clock.read() >= expires_at:
                raise InvalidGrantError("The authorization code has expired")
            if redirect_uri != bound_to:
                raise InvalidGrantError("The redirect_uri is another than the code was given to")
            if not _fits(challenge, verifier):
                raise InvalidGrantError("Failed to verify code verifier")
            self._run("UPDATE oauth_codes SET used_at = ? WHERE hash = ?", self._clock.read(), _hash(code))
            return self._pair(grant, scopes, replaces=None)

    def renew(self, refresh_token: str) -> Issued:
        """The next pair for a refresh token; InvalidGrantError when it is not good."""
        with self._transaction():
            found = self._find("refresh", refresh_token)
            if found is None or self._clock.read() >= found.expires_at:
                raise InvalidGrantError("Unknown or invalid refresh token")
            if found.ended_at is not None:
                if self.rotation == "strict":
                    self._revoke(found.grant, "a refresh token was used again")
                raise InvalidGrantError("Unknown or invalid refresh token")
            self._used(found)
            if self.rotation == "strict":
                self._end(found.grant, found.pair)
            return self._pair(found.grant, found.scopes, replaces=found.pair)

    def scopes_of(self, access_token: str) -> frozenset[str] | None:
        """What an access token opens, None when it is not good (any more)."""
        with self._account.lock:
            found = self._find("access", access_token)
            if found is None or found.ended_at is not None or self._clock.read() >= found.expires_at:
                return None
            self._used(found)
            return frozenset(found.scopes.split())

    # Controls

    def every(self) -> tuple[Grant, ...]:
        """All grants with their tokens, oldest first."""
        with self._account.lock:
            tokens = self._run(
                "SELECT grant_id, kind, pair, issued_at, expires_at, ended_at"
                " FROM oauth_tokens ORDER BY rowid"
            )
            grants = self._run(
                "SELECT id, environment, scopes, created_at, revoked_at, revoked_because"
                " FROM oauth_grants ORDER BY rowid"
            )
        return tuple(
            Grant(
                ident,
                environment,
                tuple(scopes.split()),
                created_at,
                revoked_at,
                because,
                tuple(Token(*token) for of, *token in tokens if of == ident),
            )
            for ident, environment, scopes, created_at, revoked_at, because in grants
        )

    def revoke(self, which: str | None = None) -> int:
        """Revoke all tokens of the account, or those of one grant; answers how many grants."""
        with self._transaction():
            return sum(self._revoke(grant, "it was taken back") for grant in self._named(which))

    def end_access_tokens(self, which: str | None = None) -> int:
        """Let access tokens end now, all or those of one grant; refresh tokens stay. Answers how many."""
        with self._transaction():
            ended = 0
            for grant in self._named(which):
                ended += self._account.database.execute(
                    "UPDATE oauth_tokens SET ended_at = ?"
                    " WHERE grant_id = ? AND kind = 'access' AND ended_at IS NULL",
                    (self._clock.read(), grant),
                ).rowcount
            return ended

    # Below, all is called under the lock

    def _new(self, scopes: Iterable[str]) -> str:
        grant = str(uuid4())
        self._run(
            "INSERT INTO oauth_grants VALUES (?, ?, ?, ?, NULL, NULL)",
            grant,
            self.environment,
            " ".join(scopes),
            self._clock.read(),
        )
        return grant

    def _pair(self, grant: str, scopes: str, *, replaces: int | None) -> Issued:
        """Make a pair; `replaces` is the pair whose refresh token asked for it."""
        (last,) = self._run("SELECT coalesce(max(pair), 0) FROM oauth_tokens WHERE grant_id = ?", grant)
        pair, rotated = last[0] + 1, replaces is None or self.rotation != "off"
        access = secrets.token_urlsafe(ACCESS_TOKEN_BYTES)
        refresh = (
            secrets.token_urlsafe(REFRESH_TOKEN_BYTES) if rotated and OFFLINE in scopes.split() else None
        )
        for kind, text, seconds in (
            ("access", access, self.config.access_seconds),
            ("refresh", refresh, self.config.refresh_seconds),
        ):
            if text is None:
                continue
            now = self._clock.read()
            self._run(
                "INSERT INTO oauth_tokens VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                *(_hash(text), grant, kind, pair, replaces if rotated else None),
                *(now, now + _milliseconds(seconds)),
            )
        return Issued(access, refresh, tuple(scopes.split()), int(self.config.access_seconds))

    def _find(self, kind: Kind, text: str) -> _Found | None:
        rows = self._run(
            "SELECT grant_id, scopes, pair, replaces, expires_at, ended_at FROM oauth_tokens"
            " JOIN oauth_grants ON id = grant_id"
            " WHERE hash = ? AND kind = ? AND environment = ? AND revoked_at IS NULL",
            *(_hash(text), kind, self.environment),
        )
        return _Found(*rows[0]) if rows else None

    def _used(self, token: _Found) -> None:
        """A pair arrived at its client: the refresh token that asked for it is needed no more."""
        if token.replaces is not None:
            self._end(token.grant, token.replaces)
            sql = "UPDATE oauth_tokens SET replaces = NULL WHERE grant_id = ? AND pair = ?"
            self._run(sql, token.grant, token.pair)

    def _end(self, grant: str, pair: int) -> None:
        """The refresh token of a pair is good no longer."""
        self._run(
            "UPDATE oauth_tokens SET ended_at = ?"
            " WHERE grant_id = ? AND pair = ? AND kind = 'refresh' AND ended_at IS NULL",
            *(self._clock.read(), grant, pair),
        )

    def _revoke(self, grant: str, because: str) -> int:
        return self._account.database.execute(
            "UPDATE oauth_grants SET revoked_at = ?, revoked_because = ? WHERE id = ? AND revoked_at IS NULL",
            (self._clock.read(), because, grant),
        ).rowcount

    def _named(self, which: str | None) -> list[str]:
        """The ids of all grants, or of the one with that id or token; ValueError when there is none."""
        if which is None:
            return [ident for (ident,) in self._run("SELECT id FROM oauth_grants")]
        rows = self._run(
            "SELECT id FROM oauth_grants"
            " WHERE id = ? OR id = (SELECT grant_id FROM oauth_tokens WHERE hash = ?)",
            *(which, _hash(which)),
        )
        if not rows:
            raise ValueError("there is no such grant, and no grant with such a token")
        return [rows[0][0]]

    def _run(self, sql: str, *params: object) -> list[Any]:
        return self._account.database.execute(sql, params).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing; what is refused stays noted: a revocation goes with its refusal."""
        with self._account.lock:
            self._run("BEGIN")
            try:
                yield
            except InvalidGrantError:
                self._run("COMMIT")
                raise
            except BaseException:
                self._run("ROLLBACK")
                raise
            self._run("COMMIT")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _fits(challenge: str | None, verifier: str | None) -> bool:
    """Whether PKCE's verifier is that of the challenge (RFC 7636, S256), or there is neither."""
    if challenge is None or verifier is None:
        return challenge is verifier
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(urlsafe_b64encode(digest).rstrip(b"="), challenge.encode())


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
