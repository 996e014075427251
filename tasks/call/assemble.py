"""A streamed answer put together again: the body that the same request would have got without a stream.

So that tokens, stop reasons, refusals and errors are read in one place, streamed or not. An answer is whole
when its own end mark was there (Anthropic's stop_reason, OpenAI's finish_reason or `[DONE]`); nothing else
makes it so. What an assembly does not know it leaves out: vendors add events and fields.

Sources: the SDKs' types (anthropic.types.RawMessageStreamEvent, openai.types.chat.ChatCompletionChunk),
docs.claude.com/en/docs/build-with-claude/streaming. Compatible servers leave out indices, `[DONE]` or the
usage, send a whole `message` for a `delta`, and tell the usage with every chunk (the last one counts).
"""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from tasks.call.events import Event, Unreadable

DONE = b"[DONE]"
MOST_BLOCKS = 10_000


class Assembly(Protocol):
    """One answer on its way.

    `started`: the first token of text, thinking or a tool's arguments has come. `whole`: nothing of the
    answer is missing, though its usage may be. `over`: nothing more is to come.
    """

    started: bool
    whole: bool
    over: bool

    def take(self, event: Event) -> None:
        """Take the next event. Raises: Unreadable: it is none of this API."""
        ...

    def body(self) -> dict[str, Any]:
        """The body so far; of an error event, the error."""
        ...


class MessageAssembly:
    """Anthropic's events as a Message."""

    def __init__(self) -> None:
        self.started = self.whole = self.over = False
        self._error: dict[str, Any] | None = None
        self._message: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._parts: dict[int, dict[str, list[str]]] = {}  # by block and field
        self._usage: dict[str, Any] = {}
        self._output_told = False

    def take(self, event: Event) -> None:
        """Take the next event."""
        data = read_object(event)
        kind = data.get("type") or event.name
        if kind in _AFTER_START and not self._message:
            raise Unreadable("a stream without its message_start")
        match kind:
            case "content_block_delta":
                self._delta(_index(data), _mapping(data, "delta"))
            case "content_block_start":
                self._start_block(_index(data), _mapping(data, "content_block"))
            case "message_start":
                self._message = dict(_mapping(data, "message"))
                self._count(self._message.get("usage"))
            case "message_delta":
                self._message.update(_told(_mapping(data, "delta")))
                self._output_told |= self._count(data.get("usage"))
                self.whole |= isinstance(self._message.get("stop_reason"), str)
            case "message_stop":
                self.over = self.whole = True
            case "error":
                self._error = {"type": "error", **data}
                self.over = True

    def body(self) -> dict[str, Any]:
        """The Message; its usage only where the stream told the output's, which comes last."""
        if self._error is not None:
            return self._error
        for index, fields in self._parts.items():
            block = self._blocks[index]
            for field, parts in fields.items():
                block[field] = "".join(parts)
            if "partial_json" in block:
                block["input"] = _json_or_none(block.pop("partial_json"))
        content = [self._blocks[index] for index in sorted(self._blocks)]
        usage = self._usage if self._output_told else None
        return {**self._message, "content": content, "usage": usage}

    def _start_block(self, index: int, block: Mapping[str, Any]) -> None:
        if len(self._blocks) >= MOST_BLOCKS:
            raise Unreadable(f"a stream of more than {MOST_BLOCKS:,} blocks")
        self._blocks[index] = dict(block)
        parts = self._parts[index] = {}
        for field in ("text", "thinking"):
            if isinstance(block.get(field), str):
                parts[field] = [block[field]]
                self.started |= bool(block[field])

    def _delta(self, index: int, delta: Mapping[str, Any]) -> None:
        field = _FIELD_OF_DELTA.get(delta.get("type") or "")
        if field is None:
            return
        text = delta.get(field)
        if index not in self._blocks or not isinstance(text, str):
            raise Unreadable("a delta without its block or its text")
        self._parts[index].setdefault(field, []).append(text)
        self.started |= bool(text) and field != "signature"

    def _count(self, usage: object) -> bool:
        if isinstance(usage, Mapping):
            self._usage.update(_told(usage))
            return usage.get("output_tokens") is not None
        return False


class CompletionAssembly:
    """OpenAI's chunks as a ChatCompletion; the first choice, for no other is ever asked for."""

    def __init__(self) -> None:
        self.started = self.whole = self.over = False
        self._error: dict[str, Any] | None = None
        self._about: dict[str, Any] = {}
        self._texts: dict[str, list[str]] = {}
        self._tools: dict[int, dict[str, str]] = {}
        self._finish: str | None = None
        self._choice_error: object = None
        self._usage: object = None
        self._seen = False  # a choice

    def take(self, event: Event) -> None:
        """Take the next event."""
        if event.data.strip() == DONE:
            self.over, self.whole = True, self.whole or self._seen
            return
        data = read_object(event)
        if event.name == "error" or data.get("error") or data.get("object") == "error":
            self._error = data if data.get("error") else {"error": data}
            self.over = True
            return
        for name in ("id", "model", "system_fingerprint"):
            if data.get(name):
                self._about.setdefault(name, data[name])
        if isinstance(data.get("usage"), Mapping):
            self._usage = data["usage"]
        choices = data.get("choices") or []
        if not isinstance(choices, list):
            raise Unreadable("a chunk whose choices are no list")
        for choice in choices[:1]:
            self._take_choice(choice)

    def body(self) -> dict[str, Any]:
        """The ChatCompletion."""
        if self._error is not None:
            return self._error
        if not self._seen:
            return {"choices": []}
        message: dict[str, Any] = {name: "".join(parts) for name, parts in self._texts.items()}
        if self._tools:
            message["tool_calls"] = [
                {
                    "id": tool.get("id"),
                    "type": "function",
                    "function": {"name": tool.get("name"), "arguments": tool.get("arguments", "")},
                }
                for _, tool in sorted(self._tools.items())
            ]
        choice = {"message": message, "finish_reason": self._finish, "error": self._choice_error}
        return {**self._about, "choices": [choice], "usage": self._usage}

    def _take_choice(self, choice: object) -> None:
        if not isinstance(choice, Mapping) or choice.get("index") not in (0, None):
            raise Unreadable("a chunk whose choice is not the first")
        delta = choice.get("delta") or choice.get("message") or {}
        if not isinstance(delta, Mapping):
            raise Unreadable("a chunk without a delta")
        self._seen = True
        for name in _TEXTS:
            text = _plain_text(delta.get(name))
            if text:
                self._texts.setdefault(name, []).append(text)
                self.started = True
        for tool in delta.get("tool_calls") or ():
            self._take_tool(tool)
        self._choice_error = choice.get("error") or self._choice_error
        if isinstance(choice.get("finish_reason"), str):
            self._finish = choice["finish_reason"]
            self.whole = True

    def _take_tool(self, tool: object) -> None:
        if not isinstance(tool, Mapping) or len(self._tools) >= MOST_BLOCKS:
            raise Unreadable("a chunk whose tool call is none")
        index = tool.get("index")
        kept = self._tools.setdefault(index if isinstance(index, int) else 0, {})
        told = tool.get("function")
        for name, text in (("id", tool.get("id")), *(told.items() if isinstance(told, Mapping) else ())):
            if isinstance(text, str) and text:
                kept[name] = kept.get(name, "") + text if name == "arguments" else text
        self.started = True


_FIELD_OF_DELTA = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}
_AFTER_START = {"content_block_start", "content_block_delta", "message_delta", "message_stop"}
_TEXTS = ("content", "refusal", "reasoning_content", "reasoning")


def read_object(event: Event) -> dict[str, Any]:
    """The object in an event. Raises: Unreadable: there is none."""
    try:
        value = json.loads(event.data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Unreadable("an event that is not a JSON object")
    return value


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    if not isinstance(value, Mapping):
        raise Unreadable(f"an event without its {name}")
    return value


def _index(data: Mapping[str, Any]) -> int:
    index = data.get("index")
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise Unreadable("an event without its index")
    return index


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is said; null says nothing."""
    return {name: value for name, value in fields.items() if value is not None}


def _plain_text(value: object) -> str:
    """A delta's text: a string, or the parts of a list, as some compatible servers write it."""
    if isinstance(value, list):
        return "".join(
            part["text"] for part in value if isinstance(part, Mapping) and isinstance(part.get("text"), str)
        )
    return value if isinstance(value, str) else ""


def _json_or_none(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
