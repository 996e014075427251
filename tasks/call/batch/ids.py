"""A call's custom id in a batch: the run's id, `_`, and the call's key in base64url.

Both vendors give it back with the result and promise no order. A run id has at most 40 of [a-z0-9-] and a key
22 characters, so an id fits both vendors' 64 of [a-zA-Z0-9_-].
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from uuid import UUID

KEY_LENGTH = 22


def custom_id(run_id: str, call_key: UUID) -> str:
    """The id of a call of a run."""
    return f"{run_id}_{key_text(call_key)}"


def call_key_of(text: str, run_id: str) -> UUID | None:
    """The call that an id names; None where it is not an id of this run."""
    before, key = text[: -KEY_LENGTH - 1], text[-KEY_LENGTH - 1 :]
    if before != run_id or key[:1] != "_":
        return None
    try:
        return key_of(key[1:])
    except ValueError:
        return None


def key_text(call_key: UUID) -> str:
    """A key in 22 characters of base64url."""
    return urlsafe_b64encode(call_key.bytes)[:KEY_LENGTH].decode("ascii")


def key_of(text: str) -> UUID:
    """The key in 22 characters of base64url.

    Raises: ValueError: they are not a key's one spelling.
    """
    key = UUID(bytes=urlsafe_b64decode(text.encode("ascii") + b"=="))
    if key_text(key) != text:
        raise ValueError(f"{text!r} is not a key in base64url")
    return key


def split_keys(texts: str) -> Iterator[UUID]:
    """The keys of a string that is nothing but keys.

    Raises: ValueError: it is something else.
    """
    for at in range(0, len(texts), KEY_LENGTH):
        yield key_of(texts[at : at + KEY_LENGTH])
