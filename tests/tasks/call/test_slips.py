"""A slip in a parameter's name is refused with the name that was meant; what is new is the vendor's."""

import pytest
from anthropic.types.message_create_params import MessageCreateParamsBase
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from openai.types.responses.response_create_params import ResponseCreateParamsBase

from tasks.call.shape import check_shape
from tasks.call.slips import NAMES, slips
from warehouse.errors import SpecError

GPT, CLAUDE = "openai/gpt-4o-2024-05-13", "anthropic/claude-3-5-sonnet-20240620"


def test_every_name_of_the_sdks_is_known() -> None:
    openai = {*CompletionCreateParamsBase.__annotations__, *ResponseCreateParamsBase.__annotations__}
    assert openai <= NAMES["openai"], openai - NAMES["openai"]
    anthropic = set(MessageCreateParamsBase.__annotations__)
    assert anthropic <= NAMES["anthropic"], anthropic - NAMES["anthropic"]


@pytest.mark.parametrize(
    ("model", "name", "meant"),
    [
        (GPT, "temprature", "temperature"),
        (GPT, "max_token", "max_tokens"),
        (GPT, "stops", "stop"),
        (CLAUDE, "temperatur", "temperature"),
        (CLAUDE, "stop_sequence", "stop_sequences"),
        ("simulated/gpt-4o-2024-05-13", "seeds", "seed"),
    ],
)
def test_a_slip_is_refused(model: str, name: str, meant: str) -> None:
    with pytest.raises(SpecError, match=f'no parameter "{name}".*Did you mean "{meant}"'):
        check_shape(model, {name: 1})


def test_what_is_new_and_what_is_nobody_s_passes() -> None:
    assert list(slips("openai", ["brand_new_thing", "temperature"])) == []
    check_shape("compatible/llama", {"temprature": 1})
