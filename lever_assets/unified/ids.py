"""Deterministic ids: a row's id follows from where it came from, so loads need no look-up and no order."""

from hashlib import sha256

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 24


def unified_id(connection: str, model: str, remote_id: str) -> str:
    """Return the 24-character base58 id of one record of one model on one connection.

    The same three texts give the same id on every machine and in every rebuilt database. Distinct triples
    collide with a probability of about 2**-140, since the id carries 140 bits of a SHA-256.
    """
    digest = sha256("\x1f".join((connection, model, remote_id)).encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest[:18])
    characters: list[str] = []
    for _ in range(_LENGTH):
        number, remainder = divmod(number, 58)
        characters.append(_ALPHABET[remainder])
    return "".join(characters)


def joined(*remote_ids: str) -> str:
    """Return the remote id of a row that joins several records, such as a candidate and a tag."""
    return "\x1e".join(remote_ids)
