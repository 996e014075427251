"""What the tests of loading share: suites written on the spot, and a file server that can misbehave."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CARD = """
name = "{name}"
[[graders]]
type = "exact"
"""
MakeSuite = Callable[..., Path]


@pytest.fixture
def make_suite(tmp_path: Path) -> MakeSuite:
    """Writes a suite's folder and returns it."""

    def make(
        sql: str = "select 'a' as sample_id, 'Why?' as input",
        *,
        prompt: str | None = None,
        card: str | None = None,
        name: str = "mine",
        parent: Path | None = None,
        files: dict[str, str] | None = None,
    ) -> Path:
        folder = (parent or tmp_path / "suites") / name
        folder.mkdir(parents=True, exist_ok=True)
        texts = {"suite.toml": card or CARD.format(name=name), "samples.sql": sql, **(files or {})}
        if prompt is not None:
            texts["prompt.jinja"] = prompt
        for filename, text in texts.items():
            (folder / filename).write_text(text, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The cache folder of a home."""
    return tmp_path / "home" / "cache"


@pytest.fixture
def shared_data() -> Path:
    """The real data beside the checkout."""
    named = os.environ.get("NIGHTBENCH_SHARED")
    folder = (Path(named) if named else Path(__file__).parents[4] / "shared") / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; NIGHTBENCH_SHARED names its parent")
    return folder


@dataclass
class FileServer:
    """A loopback HTTP server of one file, and how it is to misbehave."""

    content: bytes
    ranges: bool = True
    statuses: list[int] = field(default_factory=list)  # one a request, before any content
    cut_after: list[int] = field(default_factory=list)  # bytes of body after which the connection breaks
    redirect: str | None = None
    on_request: Callable[[], None] | None = None
    asked: list[str | None] = field(default_factory=list)  # the Range header of each request
    port: int = 0

    @property
    def url(self) -> str:
        """The file's address."""
        return f"http://127.0.0.1:{self.port}/data/file.txt"

    def source(self, *, of: bytes | None = None, more: str = "") -> str:
        """A `[[source]]` table that pins this server's content (or another)."""
        digest = hashlib.sha256(self.content if of is None else of).hexdigest()
        return f'[[source]]\nurl = "{self.url}"\nsha256 = "{digest}"\n{more}\n'


@pytest.fixture
def file_server() -> Iterator[FileServer]:
    """The server, listening."""
    state = FileServer(content=bytes(range(256)) * 4096)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            state.asked.append(asked)
            if state.on_request:
                state.on_request()
            if state.redirect:
                self.send_response(302)
                self.send_header("Location", state.redirect)
                self.end_headers()
                return
            if state.statuses and (status := state.statuses.pop(0)) != 200:
                self.send_error(status)
                return
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and state.ranges else 0
            total = len(state.content)
            if start >= total > 0:
                self.send_error(416)
                return
            body = state.content[start:]
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cut = state.cut_after.pop(0) if state.cut_after else len(body)
            self.wfile.write(body[:cut])
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            """No log: the requests are in `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()
