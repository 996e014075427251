"""The calls and answers that tests of journal, session, landing and providers are made of."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from tasks.model import Answer, Call, Usage, hash_uuid

GPT = "openai/gpt-4o-2024-05-13"


def key_of(number: int) -> UUID:
    """The key of the case's call with this number."""
    return hash_uuid(["case", number])


def make_call(number: int, **fields: Any) -> Call:
    """A call that differs from others in its number; `fields` are what matters of it besides."""
    call = Call(
        call_key=key_of(number),
        request_hash=hash_uuid(["request", number]),
        prompt_hash=hash_uuid(["prompt", number]),
        suite="sums",
        suite_version="1+0a1b2c3d",
        sample_id=f"s{number}",
        epoch=1,
        role="answer",
        variant=GPT,
        variant_version="11111111",
        model=GPT,
        priced_as=None,
        params={},
        messages=({"role": "user", "content": f"How much is {number} plus 17?"},),
    )
    return replace(call, **fields)


def make_answer(text: str, usage: Usage, **fields: Any) -> Answer:
    """An answer that the model brought to its end."""
    return replace(Answer(text, "stop", "stop", usage), **fields)
