"""The models that the vendors' SDKs name, read from their own types."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def doubtful_names(models: Iterable[str], known: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence for each model that no list names and that is nearly the name of one that a list names.

    A doubt and no refusal: vendors bring out models between two releases of their SDKs. The names of azure,
    compatible and recorded models are the user's own.
    """
    found = []
    for model in dict.fromkeys(models):
        provider, _, name = model.partition("/")
        every = [one for names in known.values() for one in names]
        of = every if provider == "simulated" else known.get(provider, ())
        near = [] if name in of else difflib.get_close_matches(name, of, n=3, cutoff=0.75)
        if near:
            meant = " or ".join(f"{provider}/{one}" for one in near)
            found.append(f"{model}: the SDK's list does not know this model. Did you mean {meant}?")
    return found


def _words(kind: object) -> Iterator[str]:
    """The words of a Literal, also of one inside a union."""
    for part in get_args(kind):
        if isinstance(part, str):
            yield part
        else:
            yield from _words(part)
