"""What `nightbench doctor` looks at: keys, endpoints, disk, tools. Keys are named, never shown."""

import asyncio
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Literal
from urllib.parse import urlsplit

from flows.keys import NAME, block_type, come_from, seen_blocks
from tasks.call.endpoint import VENDORS, Endpoint, missing_variables, resolve_endpoint
from tasks.call.providers import open_provider
from tasks.call.secret import Variables
from tasks.home import Settings
from tasks.model import Call, Message, hash_uuid
from tasks.spec import ModelEntry, make_spec
from warehouse.errors import NightbenchError, ProviderError

PACKAGES = ("nightbench", "prefect", "anthropic", "openai", "duckdb", "pyarrow", "pydantic")
ENOUGH_BYTES = 2 * 1024**3
CONNECT_S = 5.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `bad` stands in the way; `missing` does not, but something is not to be had."""

    what: str
    state: Literal["good", "missing", "bad"]
    found: str
    remedy: str = ""

    @property
    def mark(self) -> str:
        """The state in two letters."""
        return {"good": "ok", "missing": "--", "bad": "!!"}[self.state]


def checkup(settings: Settings, environ: Mapping[str, str], probes: Sequence[str]) -> list[Finding]:
    """Look at everything; a request is sent only to the models in `probes`."""
    return [
        *_software(),
        *_disk(settings),
        *_keys(settings, environ),
        *_sandbox(),
        *(probe(model, environ) for model in probes),
    ]


def _software() -> Iterator[Finding]:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    yield Finding("software", "good", f"Python {sys.version.split()[0]}, {versions}")


def _disk(settings: Settings) -> Iterator[Finding]:
    try:
        settings.home.make()
    except NightbenchError as error:
        yield Finding("home", "bad", str(error), "set NIGHTBENCH_HOME")
        return
    yield Finding("home", "good", str(settings.home.root))
    free = shutil.disk_usage(settings.home.root).free
    enough = free >= ENOUGH_BYTES
    yield Finding(
        "disk",
        "good" if enough else "bad",
        f"{free / 1e9:,.1f} GB free",
        "" if enough else "free some space: a full disk stops a run (nothing is lost, it can be resumed)",
    )


def _keys(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    known: Mapping[str, Mapping[str, str]] = dict.fromkeys(VENDORS, environ)
    try:
        seen = seen_blocks(settings.home.root, environ)
    except NightbenchError as error:
        seen = None
        yield Finding("blocks", "bad", str(error), "see the message")
    else:
        yield _blocks(seen)
    for provider, environ in (known if seen is None else seen).items():
        missing = missing_variables(provider, environ)
        if missing:
            remedy = "; ".join(f"export {name}=..." for name in missing)
            remedy += (
                f"; or fill in the block {block_type(provider)}/{NAME} on the page of `nightbench serve`"
            )
            yield Finding(provider, "missing", f"{' and '.join(missing)} not set", remedy)
            continue
        endpoint = resolve_endpoint(ModelEntry.model_validate({"model": f"{provider}/any"}), environ)
        sources = "; ".join(f"{what} from {place}" for what, place in come_from(provider, environ).items())
        reached = _reach(endpoint)
        yield Finding(
            provider,
            "bad" if reached else "good",
            f"{sources}; {endpoint.host} {reached or 'reachable'}",
            "check the network, a proxy, or the base URL" if reached else "",
        )


def _blocks(seen: Mapping[str, Variables] | None) -> Finding:
    if seen is None:
        found = "can be seen only while `nightbench serve` runs on this home"
        return Finding("blocks", "missing", found, "start it to see whether a block holds what is not set")
    filled = [f"{block_type(provider)}/{NAME}" for provider, one in seen.items() if one.held]
    return Finding("blocks", "good", f"in use: {', '.join(filled)}" if filled else "none is in use")


def _reach(endpoint: Endpoint) -> str | None:
    """Why the host cannot be connected to; None where it can. Nothing is sent."""
    parts = urlsplit(endpoint.base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=CONNECT_S):
            return None
    except OSError as error:
        return f"not reachable: {error}"


def _sandbox() -> Iterator[Finding]:
    path = shutil.which("bwrap")
    yield Finding(
        "sandbox",
        "good" if path else "missing",
        f"bubblewrap at {path}" if path else "bubblewrap is not installed",
        "" if path else "suites that run code will need it (Debian: the package bubblewrap)",
    )


def probe(model: str, environ: Mapping[str, str]) -> Finding:
    """Send one request of one output token."""
    try:
        spec = make_spec({"suites": ["any"], "models": [{"model": model}]}, f"--probe {model}")
        endpoint = resolve_endpoint(spec.models[0], environ)
        served = asyncio.run(_ask(endpoint, model))
    except (NightbenchError, ValueError) as error:
        return Finding(f"probe {model}", "bad", str(error), "see the message")
    return Finding(f"probe {model}", "good", f"answered by {served}")


async def _ask(endpoint: Endpoint, model: str) -> str:
    from tasks.call.api import api_params

    messages = (Message(role="user", content="Say OK."),)
    params = api_params(model, endpoint.api, {"max_tokens": 1}, {})
    key = hash_uuid([model, params, messages])
    call = Call(
        call_key=key, request_hash=key, prompt_hash=key, suite="doctor", suite_version="",
        sample_id="probe", epoch=1, role="answer", variant=model, variant_version="", model=model,
        priced_as=None, params=params, messages=messages,
    )  # fmt: skip
    provider = open_provider(endpoint)
    try:
        reply = await provider.complete(call, timeout_s=60.0)
    except ProviderError as error:
        raise NightbenchError(f"{error.fault.kind}: {error.fault.message}") from error
    finally:
        await provider.close()
    return reply.answer.served_model or model
