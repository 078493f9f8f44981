"""Turns an exchange that broke off into the error that says it in one sentence."""

import ssl
import zlib

import aiohttp
import httpx

from lever_assets.lever.errors import UnavailableError
from lever_assets.lever.faults import API_KEY, LATER, LetInBy

FAULTS = (httpx.RequestError, httpx.InvalidURL, aiohttp.ClientError, OSError)
"""What an exchange may raise: the transport maps most of aiohttp's errors to httpx's, not all."""

_Kinds = tuple[type[BaseException], ...]
_CERTIFICATE: _Kinds = (aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError)
_TLS: _Kinds = (aiohttp.ClientSSLError, ssl.SSLError)
_NAME: _Kinds = (aiohttp.ClientConnectorDNSError,)
_ADDRESS: _Kinds = (aiohttp.InvalidURL, httpx.InvalidURL)
_CLOSED: _Kinds = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError)
_PROXY: _Kinds = (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)
# The connection never came about, so nothing can have been sent. Of aiohttp's time-outs only the one of
# connecting is of this kind.
_UNSENT: _Kinds = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    *_ADDRESS,
)
_SPECIAL: _Kinds = _CERTIFICATE + _TLS + _NAME + _PROXY

# What broke an exchange off, the first that fits; and whether it lasts until the configuration changes.
_HAPPENED: tuple[tuple[_Kinds, str, bool], ...] = (
    (_CERTIFICATE, "has a TLS certificate that this machine does not trust", True),
    (_TLS, "does not speak TLS as it should", True),
    (_ADDRESS, "is not a web address", True),
    (_NAME, "can't be found: its name has no address", False),
    (_PROXY, "can't be reached through the proxy", False),
    ((TimeoutError,), "did not answer within {seconds:g} seconds", False),
    ((zlib.error, httpx.DecodingError), "gave an answer that is damaged: it can't be unpacked", False),
    ((aiohttp.ClientPayloadError,), "broke off in the middle of an answer", False),
    (_CLOSED, "closed the connection without an answer", False),
)


def of_exception(
    error: Exception, host: str, seconds: float, method: str, path: str, *, by: LetInBy = API_KEY
) -> UnavailableError:
    """Return the error for an exchange with `host` that broke off; `seconds` is the time-out it had."""
    cause = error.__cause__ if isinstance(error, httpx.HTTPError) and error.__cause__ else error
    happened, lasting = _happened(cause, seconds)
    certificates = f"check {by.address} and the certificates of this machine"
    remedy = certificates if lasting else _unreachable(cause, by)
    found = UnavailableError(f"{host} {happened} ({method} {path})", remedy)
    found.lasting = lasting
    found.sent = not isinstance(cause, _UNSENT)
    return found


def _happened(cause: BaseException, seconds: float) -> tuple[str, bool]:
    """Say what happened, and whether it will last until the configuration changes."""
    if isinstance(cause, aiohttp.ClientConnectorError) and not isinstance(cause, _SPECIAL):
        return f"can't be reached: {(cause.os_error.strerror or 'no connection').lower()}", False
    for kinds, text, lasting in _HAPPENED:
        if isinstance(cause, kinds):
            return text.format(seconds=seconds), lasting
    return f"gave an answer that is not HTTP ({type(cause).__name__})", False


def _unreachable(cause: BaseException, by: LetInBy) -> str:
    if isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ClientHttpProxyError):
        return f"check the network connection, the proxy settings and {by.address}"
    return LATER
