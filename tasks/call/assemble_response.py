"""A streamed Response of OpenAI's Responses API: its last event brings the whole of it.

Source: the SDK's types (openai.types.responses.ResponseStreamEvent).
"""

from collections.abc import Mapping
from typing import Any

from tasks.call.assemble import read_object
from tasks.call.events import Event, Unreadable

ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
TOKENS = frozenset(
    {
        "response.output_text.delta",
        "response.refusal.delta",
        "response.reasoning_text.delta",
        "response.reasoning_summary_text.delta",
        "response.function_call_arguments.delta",
    }
)


class ResponseAssembly:
    """The Responses API's events as a Response."""

    def __init__(self) -> None:
        self.started = self.whole = self.over = False
        self._body: dict[str, Any] = {}

    def take(self, event: Event) -> None:
        """Take the next event. Raises: Unreadable: it is none, or an end without its response."""
        if event.data.strip() == b"[DONE]":  # compatible servers'
            return
        data = read_object(event)
        kind = data.get("type") or event.name
        if kind in TOKENS:
            self.started |= bool(data.get("delta"))
        elif kind in ENDS:
            response = data.get("response")
            if not isinstance(response, Mapping):
                raise Unreadable("an end without its response")
            self._body, self.whole, self.over = dict(response), True, True
        elif kind == "error" or data.get("error"):
            self._body, self.over = {"error": data.get("error") or data}, True

    def body(self) -> dict[str, Any]:
        """The Response, or the error in its place."""
        return self._body
