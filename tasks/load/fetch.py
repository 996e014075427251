"""Downloading one file over HTTP so that it can be cut anywhere: what arrived is kept and continued.

A `.part` file beside the target holds what arrived. A later try asks for the rest with a Range request; a
server that does not know ranges sends everything, and the file starts anew. No ETag is kept: the pinned
sha256 decides in the end whether the pieces belong together (pull.py).
"""

import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from warehouse.errors import SuiteError

CHUNK_BYTES = 1 << 18
TIMEOUT_S = 30.0
PAUSES_S = (0.5, 1.0, 2.0, 4.0)  # before a further try; they begin anew when a try got further
WORTH_A_RETRY = frozenset({408, 425, 429, 500, 502, 503, 504})
BROKEN = (
    urllib.error.URLError,
    http.client.HTTPException,
    ConnectionError,
    TimeoutError,
    ssl.SSLError,
)
CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)\Z")

Watch = Callable[[int, int | None], None]  # bytes here, bytes in all


class CutShortError(Exception):
    """The connection ended before the announced length."""


class _OnlyHttp(urllib.request.HTTPRedirectHandler):
    """Redirects stay within http and https (urllib would follow ftp too)."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme not in {"http", "https"}:
            raise SuiteError(f"{req.full_url}: redirects to {newurl}, which is neither http nor https.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@dataclass(frozen=True)
class Body:
    """What one response brings: from which byte on, up to which."""

    start: int
    total: int | None


def download(url: str, part: Path, watch: Watch, sleep: Callable[[float], None] = time.sleep) -> bool:
    """Bring `part` to the whole file; True where it was put together of pieces of several answers.

    Tried again on time-outs, broken connections and 5xx, for as long as a try gets further than the last.
    Raises: SuiteError: the server refuses, or cannot be reached; what arrived is kept.
    """
    furthest = _size(part)
    pauses = iter(PAUSES_S)
    while True:
        try:
            return _try(url, part, watch)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in WORTH_A_RETRY:
                raise _refused(url, f"HTTP {error.code} {error.reason}") from error
            trouble = f"HTTP {error.code} {error.reason}"
        except BROKEN as error:
            trouble = str(getattr(error, "reason", error)) or type(error).__name__
        except CutShortError as error:
            trouble = str(error)
        if _size(part) > furthest:
            furthest, pauses = _size(part), iter(PAUSES_S)
        pause = next(pauses, None)
        if pause is None:
            raise _refused(url, f"{trouble}, after {len(PAUSES_S) + 1} tries")
        sleep(pause)


def _try(url: str, part: Path, watch: Watch) -> bool:
    have = _size(part)
    request = urllib.request.Request(  # noqa: S310 - the definition admits http and https only
        url, headers={"Accept-Encoding": "identity", "User-Agent": "nightbench"}
    )
    if have:
        request.add_header("Range", f"bytes={have}-")
    opener = urllib.request.build_opener(_OnlyHttp)
    try:
        response = opener.open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if have and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            error.close()
            return True  # there is nothing after what is here; the sha256 says whether that is all
        raise
    with response:
        body = _body(response, have)
        if body.start not in {0, have}:
            raise CutShortError(f"asked for byte {have} on, got byte {body.start} on")
        here = body.start
        with part.open("ab" if here else "wb") as file:
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                here += len(chunk)
                watch(here, body.total)
    if body.total is not None and here < body.total:
        raise CutShortError(f"the connection ended at byte {here} of {body.total}")
    return body.start > 0


def _body(response: http.client.HTTPResponse, have: int) -> Body:
    length = response.headers.get("Content-Length")
    if response.status == HTTPStatus.PARTIAL_CONTENT:
        found = CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        if found is None:
            raise CutShortError("a partial answer that does not say which part it is")
        return Body(start=int(found[1]), total=None if found[2] == "*" else int(found[2]))
    return Body(start=0, total=int(length) if length and length.isdigit() else None)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _refused(url: str, why: str) -> SuiteError:
    return SuiteError(
        f"{url}: cannot be downloaded ({why}). What arrived is kept, and the same command continues it. "
        f"Where you have the file already, `nightbench datasets pull --from DIR` finds it by its content."
    )
