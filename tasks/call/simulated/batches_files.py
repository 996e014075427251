"""Files of an OpenAI or Azure account, as the types of the openai SDK (3.57) have them, in memory.

Only what batches need: JSONL that is uploaded with the purpose `batch`, and what batches write.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tasks.call.simulated.batches_anthropic import page_limit
from tasks.call.simulated.wire import Json, Problem, Refused, bad_request

MONTH_S = 30 * 86_400  # an input file's life where the upload says nothing else
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_NAME = re.compile(rb'\bname="([^"]*)"')
_FILENAME = re.compile(rb'\bfilename="([^"]*)"')


@dataclass(slots=True)
class File:
    """One file."""

    file_id: str
    vendor: str
    content: bytes
    filename: str
    purpose: Literal["batch", "batch_output"]
    created_at: float  # seconds since the epoch
    ready_at: float
    expires_at: float | None = None

    def to_json(self, now: float) -> Json:
        """A `FileObject`."""
        return {
            "id": self.file_id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": int(self.created_at),
            "expires_at": None if self.expires_at is None else int(self.expires_at),
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed" if now >= self.ready_at else "pending",
            "status_details": None,
        }


@dataclass(slots=True)
class Files:
    """All files, by id."""

    by_id: dict[str, File] = field(default_factory=dict)

    def find(self, file_id: str, vendor: str) -> File:
        """The file.

        Raises: Refused: there is none with this id.
        """
        file = self.by_id.get(file_id)
        if file is None or file.vendor != vendor:
            raise Refused(Problem("no_route", f"No such File object: {file_id}"))
        return file

    def list_json(self, vendor: str, query: Mapping[str, str], now: float) -> Json:
        """A page, the newest first unless `order` is asc."""
        wanted = [
            file
            for file in self.by_id.values()
            if file.vendor == vendor and query.get("purpose", file.purpose) == file.purpose
        ]
        if query.get("order", "desc") == "desc":
            wanted.reverse()
        ids = [file.file_id for file in wanted]
        start = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
        limit = page_limit(query, 10_000, 10_000)
        page = wanted[start : start + limit]
        return {
            "object": "list",
            "data": [file.to_json(now) for file in page],
            "has_more": start + len(page) < len(wanted),
            "first_id": page[0].file_id if page else None,
            "last_id": page[-1].file_id if page else None,
        }


def read_upload(body: bytes, content_type: str, max_bytes: int) -> tuple[str, bytes, float | None]:
    """Name and content of a file that is uploaded for a batch, and the seconds it is to live, if it says.

    Raises: Refused: it is not such a file.
    """
    parts = parse_form(body, content_type)
    if "file" not in parts:
        raise bad_request("'file' is a required property", "file")
    purpose = parts.get("purpose", ("", b""))[1].decode("utf-8", "replace")
    if purpose != "batch":
        raise bad_request(f"'{purpose}' is not one of ['batch'] - 'purpose'", "purpose")
    filename, content = parts["file"]
    if not filename.endswith(".jsonl"):
        raise bad_request("Invalid file format for Batch API. Must be .jsonl")
    if len(content) > max_bytes:
        raise bad_request("File is too large.")
    return filename, content, _lifetime(parts)


def parse_form(body: bytes, content_type: str) -> dict[str, tuple[str, bytes]]:
    """The parts of a multipart form by name: (file name or nothing, content).

    Raises: Refused: it is not one.
    """
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or found is None:
        raise bad_request("The request is not of the type multipart/form-data with a boundary.")
    mark = b"--" + found.group(1).encode("latin-1", "replace")
    parts: dict[str, tuple[str, bytes]] = {}
    start = body.find(mark)
    while start >= 0 and not body.startswith(b"--", start + len(mark)):
        start += len(mark)
        end = body.find(b"\r\n" + mark, start)
        if end < 0:
            raise bad_request("The form breaks off.")
        head_end = body.find(b"\r\n\r\n", start, end)
        head = body[start:head_end] if head_end >= 0 else b""
        name = _NAME.search(head)
        if name is None:
            raise bad_request("A part of the form has no name.")
        filename = _FILENAME.search(head)
        text = filename.group(1).decode("utf-8", "replace") if filename else ""
        parts[name.group(1).decode("utf-8", "replace")] = (text, body[head_end + 4 : end])
        start = end + 2
    return parts


def _lifetime(parts: Mapping[str, tuple[str, bytes]]) -> float | None:
    text = parts.get("expires_after[seconds]", ("", b""))[1].decode("utf-8", "replace")
    if not text:
        return None
    if not text.isdecimal() or not 3600 <= int(text) <= 2_592_000:
        raise bad_request("expires_after.seconds: a number from 3600 to 2592000 is needed", "expires_after")
    return float(text)
