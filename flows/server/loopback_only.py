"""Keep Prefect's server to this machine, in both directions.

Its page asks an analytics company for a configuration as soon as it loads, whatever the settings say
(3.9.1, the second page; the events themselves obey the settings). A content security policy makes the
browser refuse that. And a page of another site, open in the same browser, could otherwise start runs that
cost money: a request that names another host, or comes from a page of another origin, is refused.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

READ_OUT_BYTES = 2**20  # of a request that is refused
LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
# 'self' does not cover the addresses of the API where the page is opened by the other name of this machine
POLICY = "; ".join(
    (
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:",
        "connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:* http://localhost:* ws://localhost:*",
        "form-action 'self'",
        "frame-ancestors 'self'",
        "base-uri 'self'",
    )
)


class LoopbackOnly:
    """ASGI middleware: refuses what does not come from this machine's own pages, and confines those.

    `is_open`: other machines may come too, because there is a password, which a browser gives to no page but
    the server's own; a page of another site is refused all the same.
    """

    def __init__(self, app: App, *, is_open: bool = False) -> None:
        self._app = app
        self._allows = comes_from_its_page if is_open else is_local

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on, refuse, or pass on with the policy added to the answer."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
        elif not self._allows(
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        ):
            await _refuse(scope["type"], receive, send)
        else:
            await self._app(scope, receive, _confined(send))


def is_local(headers: Mapping[str, str]) -> bool:
    """Whether a request names this machine and comes from a page of it, or from no page at all."""
    if urlsplit(f"//{headers.get('host', '')}").hostname not in LOCAL_NAMES:
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).hostname in LOCAL_NAMES


def comes_from_its_page(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a page of the host that it names, or from no page at all.

    A proxy in front has to pass on the Host that it was asked for.
    """
    origin, host = headers.get("origin"), urlsplit(f"//{headers.get('host', '')}").hostname
    return host is not None and (origin is None or urlsplit(origin).hostname == host or is_local(headers))


def _confined(send: Send) -> Send:
    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            policy = (b"content-security-policy", POLICY.encode("ascii"))
            message = {**message, "headers": [*message.get("headers", []), policy]}
        await send(message)

    return add


async def _refuse(kind: str, receive: Receive, send: Send) -> None:
    if kind == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await _read_out(receive)
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send(
        {"type": "http.response.body", "body": b"This server answers this machine's own pages only.\n"}
    )


async def _read_out(receive: Receive) -> None:
    """Read what a client still sends: a connection closed on unread bytes loses the answer to them."""
    n_bytes = 0
    while n_bytes < READ_OUT_BYTES:
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if not message.get("more_body", False):  # the end, or the client has gone
            return
