"""Deterministic ids: a row's id follows from where it came from, so loads need no look-up and no order."""

from hashlib import sha256

REMOTE = "remote:"
"""In front of one of Lever's ids, where one of ours may stand as well."""
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 24
_PAIRS = [low + high for high in _ALPHABET for low in _ALPHABET]
"""Two digits of base 58 at once, the lower one first: half the divisions."""


def unified_id(account: str, model: str, remote_id: str) -> str:
    """Return the 24-character base58 id of one record of one model on one connection.

    The same three texts give the same id on every machine and in every rebuilt database. Distinct triples
    collide with a probability of about 2**-140, since the id carries 140 bits of a SHA-256.
    """
    digest = sha256("\x1f".join((account, model, remote_id)).encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest[:18])
    pairs: list[str] = []
    for _ in range(_LENGTH // 2):
        number, remainder = divmod(number, 58 * 58)
        pairs.append(_PAIRS[remainder])
    return "".join(pairs)


def integration_id(account: str) -> str:
    """Return what the unified API calls a connection: `lever:` and 24 characters."""
    return f"lever:{unified_id(account, 'integrations', account)}"


def joined(*remote_ids: str) -> str:
    """Return the remote id of a row that joins several records, such as a candidate and a tag."""
    return "\x1e".join(remote_ids)
