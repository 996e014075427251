"""Slips in a parameter's name, found before a vendor answers every call with 400.

A name that the vendor's SDK does not have is no error by itself: vendors bring parameters out between
releases. It is one where a known name is so near that it was meant.
"""

import difflib
from collections.abc import Iterable, Mapping

from tasks.call.facts import Vendor

NEAR = 0.8  # of difflib's ratio: `temprature`, `max_token`, `stops`
NAMES: Mapping[Vendor, frozenset[str]] = {
    "openai": frozenset(
        """
        audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens
        messages metadata modalities model moderation n parallel_tool_calls prediction presence_penalty
        prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format
        safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools
        top_logprobs top_p user verbosity web_search_options
        access_programs background background_options context_management conversation image include input
        instructions max_output_tokens max_tool_calls previous_response_id prompt reasoning text truncation
        """.split()  # noqa: SIM905 - a list of so many words is not to be read
    ),
    "anthropic": frozenset(
        """
        cache_control container diagnostics inference_geo max_tokens messages metadata model output_config
        output_format response_format service_tier speed stop_sequences stream system temperature thinking
        tool_choice tools top_k top_p user_profile_id workspace_id
        """.split()  # noqa: SIM905 - a list of so many words is not to be read
    ),
}


def slips(vendor: Vendor, names: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Each name that is none, with the one that was meant."""
    known = NAMES[vendor]
    for name in names:
        if name not in known and (near := difflib.get_close_matches(name, known, n=1, cutoff=NEAR)):
            yield name, near[0]
