"""The models that the vendors' SDKs name, read from their own types."""

from collections.abc import Iterator, Mapping
from typing import get_args


def sdk_models() -> dict[str, list[str]]:
    """Provider -> the models its SDK names, in its order; the SDKs are imported only now."""
    from anthropic.types import Model
    from openai.types.shared import ChatModel

    return {"anthropic": list(_words(Model)), "openai": list(_words(ChatModel))}


def deprecated_models() -> Mapping[str, str]:
    """The Anthropic models whose end is announced, and when. OpenAI's SDK tells its own only in prose."""
    from anthropic.resources.messages import DEPRECATED_MODELS

    return DEPRECATED_MODELS


def _words(kind: object) -> Iterator[str]:
    """The words of a Literal, also of one inside a union."""
    for part in get_args(kind):
        if isinstance(part, str):
            yield part
        else:
            yield from _words(part)
