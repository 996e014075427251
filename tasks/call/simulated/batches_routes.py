"""Which request means what: the paths of files and batches as the vendors' SDKs send them."""

from dataclasses import dataclass
from typing import Literal

from tasks.call.simulated.anthropic import Anthropic
from tasks.call.simulated.connection import HttpRequest
from tasks.call.simulated.openai import Azure, OpenAI
from tasks.call.simulated.wire import Vendor

What = Literal[
    "create",
    "list",
    "retrieve",
    "cancel",
    "delete",
    "results",
    "upload",
    "files",
    "file",
    "content",
    "delete_file",
]
VENDORS: dict[str, Vendor] = {"anthropic": Anthropic(), "openai": OpenAI(), "azure": Azure()}
_ROOTS = (
    ("/v1/messages/batches", "anthropic", "batches"),
    ("/v1/batches", "openai", "batches"),
    ("/v1/files", "openai", "files"),
    ("/openai/v1/batches", "azure", "batches"),
    ("/openai/v1/files", "azure", "files"),
    ("/openai/batches", "azure", "batches"),
    ("/openai/files", "azure", "files"),
)
_BATCHES: dict[tuple[str, int, str], What] = {
    ("POST", 0, ""): "create",
    ("GET", 0, ""): "list",
    ("GET", 1, ""): "retrieve",
    ("POST", 1, "cancel"): "cancel",
}
_MESSAGES: dict[tuple[str, int, str], What] = {
    **_BATCHES,
    ("GET", 1, "results"): "results",
    ("DELETE", 1, ""): "delete",
}
_FILES: dict[tuple[str, int, str], What] = {
    ("POST", 0, ""): "upload",
    ("GET", 0, ""): "files",
    ("GET", 1, ""): "file",
    ("GET", 1, "content"): "content",
    ("DELETE", 1, ""): "delete_file",
}


@dataclass(frozen=True, slots=True)
class Route:
    """What is asked, of which vendor, about which file or batch."""

    what: What
    vendor: Vendor
    object_id: str
    needs_version: bool  # the query api-version, of Azure's older paths


def route_of(request: HttpRequest) -> Route | None:
    """What the request asks for; None where it is about neither files nor batches."""
    for root, vendor, kind in _ROOTS:
        if not request.path.startswith(root):
            continue
        rest = request.path.removeprefix(root)
        object_id, _, action = rest.removeprefix("/").partition("/")
        table = _FILES if kind == "files" else _MESSAGES if vendor == "anthropic" else _BATCHES
        what = table.get((request.method, 1 if object_id else 0, action))
        if what is None or (rest and not rest.startswith("/")):
            return None
        dated = not root.startswith("/openai/v1/") and vendor == "azure"
        return Route(what, VENDORS[vendor], object_id, dated)
    return None
