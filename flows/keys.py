"""Where keys and addresses of providers come from: the environment first, then Prefect's blocks.

    what a model needs                  environment              Prefect
    its provider's key and address      ANTHROPIC_API_KEY, ...   the provider's block (flows/blocks.py)
    the key that `api_key_env` names    that variable            a Secret block of that name, in lower case
                                                                 and with dashes (MY_KEY: my-key)

A block's address is used with that block's key alone: what somebody writes into a form does not send the
environment's key elsewhere. Values are in the memory of the process that calls, and nowhere else. Nothing
here imports Prefect before a block is wanted.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.server.engine import engine, running_server
from flows.server.prefect_home import PrefectHome, own_database
from tasks.call.endpoint import VENDORS, needs_endpoint, resolve_endpoint, resolve_endpoints, signed_in
from tasks.call.entra import PRINCIPAL, is_meant
from tasks.call.secret import Variables
from tasks.spec import ModelEntry
from warehouse.errors import EngineError, SpecError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

NAME = "nightbench"  # of the one block of each type that counts
SECRET = "secret"  # Prefect's own type  # noqa: S105 - the name of a type
# What the fields of a provider's block stand for; its type is `nightbench-PROVIDER`.
FIELDS: Mapping[str, Mapping[str, str]] = {
    "anthropic": {"api_key": "ANTHROPIC_API_KEY", "base_url": "ANTHROPIC_BASE_URL"},
    "openai": {"api_key": "OPENAI_API_KEY", "base_url": "OPENAI_BASE_URL"},
    "azure": {
        "api_key": "AZURE_OPENAI_API_KEY",
        "endpoint": "AZURE_OPENAI_ENDPOINT",
        "api_version": "OPENAI_API_VERSION",
        "tenant_id": "AZURE_TENANT_ID",
        "client_id": "AZURE_CLIENT_ID",
        "client_secret": "AZURE_CLIENT_SECRET",
    },
    "compatible": {"api_key": "COMPATIBLE_API_KEY", "base_url": "COMPATIBLE_BASE_URL"},
}
MACHINE = ("AZURE_TOKEN_CREDENTIALS", "prod")  # an Azure block without key and principal


@dataclass(frozen=True)
class Needed:
    """What the environment does not have: whose block is looked for, and which Secret blocks."""

    providers: tuple[str, ...]
    variables: tuple[str, ...]


def at_hand(home: Path, entries: Sequence[ModelEntry], environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment and, where it does not suffice for these models, what blocks hold below it.

    Blocks are those of the server at PREFECT_API_URL, else of the `serve` that runs on this home; without
    one the environment is all there is. To be called outside of an event loop.
    Raises: EngineError: the server does not say what its blocks hold.
    """
    needed = lacking(entries, environ)
    if not needed.providers and not needed.variables:
        return environ
    if environ.get("PREFECT_API_URL"):
        return Variables(environ, _read(needed))
    record = running_server(home) if home.exists() else None
    if record is None or record.mode != "serve":
        return environ
    with engine(home):
        return Variables(environ, _read(needed))


def check_keys(home: Path, entries: Sequence[ModelEntry], environ: Mapping[str, str]) -> None:
    """Raises: SpecError: neither the environment nor a block has what these models need."""
    resolve_endpoints(entries, at_hand(home, entries, environ))


def may_have_blocks(home: Path, environ: Mapping[str, str]) -> bool:
    """Whether there was ever a page on which somebody could have filled one in."""
    return own_database(environ) is not None or PrefectHome.of(home).database.exists()


def seen_blocks(home: Path, environ: Mapping[str, str]) -> Mapping[str, Variables] | None:
    """The variables of each provider, with its block's below the environment; None: no server can be asked.

    Raises: EngineError: the server does not say what its blocks hold.
    """
    record = running_server(home) if home.exists() else None
    if not environ.get("PREFECT_API_URL") and (record is None or record.mode != "serve"):
        return None
    with nullcontext() if environ.get("PREFECT_API_URL") else engine(home):
        return {
            provider: Variables(
                environ, {} if signed_in(provider, environ) else _read(Needed((provider,), ()))
            )
            for provider in VENDORS
        }


def come_from(provider: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Where key and address of a provider come from, in words that hold no value."""
    vendor = VENDORS[provider]
    held = environ.held if isinstance(environ, Variables) else frozenset()

    def place(*names: str | None, otherwise: str) -> str:
        found = [name for name in names if name is not None and environ.get(name, "").strip()]
        if found and held & {*found}:
            return f"block {block_type(provider)}/{NAME}"
        return f"environment variable {found[0]}" if found else otherwise

    identity = "nowhere"
    if vendor.tokens and is_meant(environ):
        identity = "Entra ID by the AZURE_* variables"
        if held & {MACHINE[0], PRINCIPAL[-1]}:
            identity = f"Entra ID by block {block_type(provider)}/{NAME}"
    address = f"its default, {vendor.default_url}" if vendor.default_url else "nowhere"
    return {
        "key": place(vendor.tokens, vendor.key, otherwise=identity),
        "address": place(vendor.base_url, otherwise=address),
    }


def lacking(entries: Sequence[ModelEntry], environ: Mapping[str, str]) -> Needed:
    """What is to be looked for in blocks."""
    providers, variables = [], []
    for entry in entries:
        provider = entry.model.partition("/")[0]
        if provider not in VENDORS or not needs_endpoint(entry):
            continue
        try:
            resolve_endpoint(entry, environ)
        except SpecError:
            named = entry.api_key_env
            if named is not None and not environ.get(named, "").strip():
                variables.append(named)
            if not signed_in(provider, environ):
                providers.append(provider)
    return Needed(tuple(dict.fromkeys(providers)), tuple(dict.fromkeys(variables)))


def block_type(provider: str) -> str:
    """The type of a provider's block."""
    return f"{NAME}-{provider}"


def secret_name(variable: str) -> str:
    """The name of the Secret block that may hold what a variable would."""
    return variable.lower().replace("_", "-")


def variables_of(provider: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The variables that a provider's block stands for, with their values."""
    held = {
        variable: str(fields.get(name) or "").strip()
        for name, variable in FIELDS[provider].items()
        if str(fields.get(name) or "").strip()
    }
    yield from held.items()
    if provider == "azure" and not {"AZURE_OPENAI_API_KEY", "AZURE_CLIENT_SECRET"} & held.keys():
        yield MACHINE


def _read(needed: Needed) -> dict[str, str]:
    """What blocks hold of it."""
    from httpx import HTTPError
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectException

    try:
        with get_client(sync_client=True) as client:
            held: dict[str, str] = {}
            for provider in needed.providers:
                held |= dict(variables_of(provider, _fields(client, NAME, block_type(provider))))
            for variable in needed.variables:
                value = _fields(client, secret_name(variable), SECRET).get("value")
                held |= {variable: value.strip()} if isinstance(value, str) and value.strip() else {}
            return held
    except (PrefectException, HTTPError, OSError, ValueError) as error:
        status = getattr(getattr(error, "response", None), "status_code", "")
        said = f"{type(error).__name__} {status}".strip()  # and none of its words, which may hold a value
    raise EngineError(
        "keys are not all in the environment, and Prefect's server does not say what its blocks hold "
        f"({said}). Nothing was sent. Set the variables, or see whether {os.environ['PREFECT_API_URL']} "
        "answers."
    )


def _fields(client: "SyncPrefectClient", name: str, slug: str) -> dict[str, Any]:
    from prefect.exceptions import ObjectNotFound

    try:
        return dict(client.read_block_document_by_name(name, slug, include_secrets=True).data)
    except ObjectNotFound:
        return {}
