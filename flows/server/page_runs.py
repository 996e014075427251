"""Mark the flow runs that a person starts from Prefect's page, so that `runs.trigger` can say `ui`.

Prefect keeps no such thing. Its quick buttons give a run's first state the message "Run from the Prefect
UI"; its form gives none (3.9.1, the second page). But a browser names the page's origin with every POST and
a program does not: so the message is put in where a browser asks for a run.
"""

import json
import re
from typing import Any

from flows.server.loopback_only import App, Message, Receive, Send
from flows.server.trigger import UI_MESSAGE

CREATES_RUN = re.compile(r"/deployments/[0-9a-f-]{36}/create_flow_run/?\Z")


class PageRuns:
    """ASGI middleware: adds the message to the body of a browser's request for a flow run."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on, with the body changed where a page asks for a run."""
        if scope["type"] != "http" or not _from_page(scope):
            await self._app(scope, receive, send)
            return
        body = marked(await _whole(receive))
        others = [(name, value) for name, value in scope["headers"] if name.lower() != b"content-length"]
        scope = {**scope, "headers": [*others, (b"content-length", str(len(body)).encode("ascii"))]}
        await self._app(scope, _once(body, receive), send)


def marked(body: bytes) -> bytes:
    """The body with the page's message in the state; whatever is not a request for a run stays as it is."""
    try:
        request = json.loads(body)
    except ValueError:
        return body
    if not isinstance(request, dict) or not isinstance(request.get("state") or {}, dict):
        return body
    state: dict[str, Any] = {"type": "SCHEDULED"} | (request.get("state") or {})
    said = state.get("message") or ""
    if not str(said).startswith(UI_MESSAGE):
        state["message"] = f"{UI_MESSAGE}: {said}" if said else UI_MESSAGE
    return json.dumps(request | {"state": state}).encode("utf-8")


def _from_page(scope: Message) -> bool:
    asks = scope["method"] == "POST" and CREATES_RUN.search(scope["path"]) is not None
    return asks and any(name.lower() == b"origin" for name, _ in scope["headers"])


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _once(body: bytes, receive: Receive) -> Receive:
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return left.pop() if left else await receive()

    return give
