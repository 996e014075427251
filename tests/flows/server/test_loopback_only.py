"""Prefect's server answers this machine's own pages and programs only; its page reaches nobody else."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from flows.server.loopback_only import LoopbackOnly, Message, Receive, Send, comes_from_its_page, is_local
from flows.server.page_runs import PageRuns, marked
from flows.server.trigger import UI_MESSAGE

CREATE = f"/api/deployments/{uuid4()}/create_flow_run"


@pytest.mark.parametrize(
    ("headers", "local"),
    [
        pytest.param({"host": "127.0.0.1:4200"}, True, id="a program"),
        pytest.param({"host": "localhost:4200"}, True, id="by the machine's name"),
        pytest.param({"host": "localhost:9000", "origin": "http://localhost:9000"}, True, id="a tunnel"),
        pytest.param({"host": "127.0.0.1:4200", "origin": "http://127.0.0.1:4200"}, True, id="its own page"),
        pytest.param({"host": "[::1]:4200"}, True, id="version 6"),
        pytest.param({"host": "127.0.0.1:4200", "origin": "https://example.org"}, False, id="another site"),
        pytest.param({"host": "127.0.0.1:4200", "origin": "null"}, False, id="a page without origin"),
        pytest.param({"host": "rebound.example.org:4200"}, False, id="a name that was bound to loopback"),
        pytest.param({"host": "127.0.0.1.example.org"}, False, id="a name that looks like it"),
        pytest.param({}, False, id="no host"),
    ],
)
def test_only_this_machine_is_answered(headers: dict[str, str], local: bool) -> None:
    assert is_local(headers) is local


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        pytest.param({"host": "10.0.0.5:4200"}, True, id="a program elsewhere"),
        pytest.param({"host": "10.0.0.5:4200", "origin": "http://10.0.0.5:4200"}, True, id="its own page"),
        pytest.param({"host": "nb.example", "origin": "https://nb.example"}, True, id="behind a proxy"),
        pytest.param({"host": "[fe80::1]:4200", "origin": "http://[fe80::1]:4200"}, True, id="version 6"),
        pytest.param({"host": "127.0.0.1:4200", "origin": "http://localhost:4200"}, True, id="this machine"),
        pytest.param({"host": "10.0.0.5:4200", "origin": "https://example.org"}, False, id="another site"),
        pytest.param({"host": "10.0.0.5:4200", "origin": "null"}, False, id="a page without origin"),
        pytest.param({}, False, id="no host"),
    ],
)
def test_behind_a_password_other_machines_are_answered_and_other_sites_are_not(
    headers: dict[str, str], allowed: bool
) -> None:
    assert comes_from_its_page(headers) is allowed
    assert (ask(LoopbackOnly(ok, is_open=True), headers)[0]["status"] == 200) is allowed


async def ok(scope: Message, receive: Receive, send: Send) -> None:
    """An application that says what it was sent."""
    body = (await receive()).get("body", b"")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def ask(
    app: Any, headers: dict[str, str], path: str = "/", body: bytes = b"", kind: str = "http"
) -> list[Message]:
    sent: list[Message] = []
    # in two parts, as a server may deliver it
    parts = [(body[:5], True), (body[5:], False)]

    async def receive() -> Message:
        part, more = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": more}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "method": "POST", "path": path, "headers": raw}
    asyncio.run(app(scope, receive, send))
    return sent


def test_page_may_connect_to_this_machine_alone() -> None:
    start, _ = ask(LoopbackOnly(ok), {"host": "127.0.0.1:4200"})
    policy = dict(start["headers"])[b"content-security-policy"].decode()
    (connect,) = [rule for rule in policy.split("; ") if rule.startswith("connect-src ")]
    hosts = {word.split("://")[1].split(":")[0] for word in connect.split() if "://" in word}
    assert hosts == {"127.0.0.1", "localhost"}
    assert policy.startswith("default-src 'self'")


def test_another_sites_request_is_refused_before_prefect_sees_it() -> None:
    stranger = {"host": "127.0.0.1:4200", "origin": "https://example.org"}
    assert ask(LoopbackOnly(ok), stranger)[0]["status"] == 403
    assert ask(LoopbackOnly(ok), stranger, kind="websocket") == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param({}, UI_MESSAGE, id="no state"),
        pytest.param({"state": None}, UI_MESSAGE, id="null state"),
        pytest.param(
            {"state": {"type": "SCHEDULED", "message": ""}}, UI_MESSAGE, id="the form's empty message"
        ),
        pytest.param(
            {"state": {"type": "SCHEDULED", "message": "new prompt"}},
            f"{UI_MESSAGE}: new prompt",
            id="a message",
        ),
        pytest.param(
            {"state": {"type": "SCHEDULED", "message": f"{UI_MESSAGE} with defaults"}},
            f"{UI_MESSAGE} with defaults",
            id="the quick button's",
        ),
    ],
)
def test_run_from_the_page_says_so(asked: dict[str, Any], said: str) -> None:
    page = {"host": "127.0.0.1:4200", "origin": "http://127.0.0.1:4200", "content-length": "2"}
    body = json.dumps(asked | {"parameters": {"spec": {"suites": ["é"]}}}).encode()
    answer = ask(PageRuns(ok), page, CREATE, body)
    got = json.loads(answer[1]["body"])
    assert got["state"]["message"] == said
    assert got["state"]["type"] == "SCHEDULED"
    assert got["parameters"] == {"spec": {"suites": ["é"]}}


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        pytest.param({"host": "127.0.0.1:4200"}, CREATE, id="a program"),
        pytest.param(
            {"host": "127.0.0.1:4200", "origin": "http://127.0.0.1:4200"}, "/api/logs/filter", id="other"
        ),
    ],
)
def test_what_is_no_run_from_the_page_is_passed_on_untouched(headers: dict[str, str], path: str) -> None:
    assert ask(PageRuns(ok), headers, path, b'{"a": 1}')[1]["body"] == b'{"a":'  # its first part, as it came


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"state": 3}', b"\xff\xfe"])
def test_what_is_no_request_is_left_for_prefect_to_refuse(body: bytes) -> None:
    assert marked(body) == body
