"""Where a model's calls go and with which key: from a spec's entry and the environment.

The variables are those that the vendors' SDKs read too; an entry's `base_url` and `api_key_env` win over
them. What is called environment here may hold more than the process's own (secret.Variables). A key leaves
its Secret only into a client. Azure's may be a token of Entra ID: see `entra`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from tasks.call.api import api_of
from tasks.call.entra import GIVEN, Principal, check_installed, is_meant, principal_of
from tasks.call.facts import vendor_of
from tasks.call.secret import NO_KEY, SIMULATED_KEY, Secret, Token, Variables
from tasks.model import Api
from tasks.spec import ModelEntry
from warehouse.errors import SpecError

Protocol = Literal["anthropic", "openai", "azure", "compatible"]


@dataclass(frozen=True)
class Endpoint:
    """One address with one key: what one client is made for."""

    provider: str  # as in provider/name
    name: str
    protocol: Protocol
    base_url: str
    host: str
    api_key: Secret  # Token: one that is got and renewed while it calls
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    in_flight: int = 64
    api_version: str | None = None  # Azure's
    api: Api = "chat"  # which of OpenAI's two
    is_token: bool = False  # sent as Authorization: Bearer in place of Azure's api-key
    principal: Principal | None = None  # whose token it is, where not the machine's or the environment's
    own_address: bool = False  # the entry's base_url: what the environment holds for the vendor is not for it


@dataclass(frozen=True)
class Vendor:
    """Which variables tell a provider's address and key."""

    protocol: Protocol
    key: str
    base_url: str
    default_url: str | None = None
    api_version: str | None = None
    key_optional: bool = False
    tokens: str | None = None  # the variable of a token that stands for a key


VENDORS: Mapping[str, Vendor] = {
    "anthropic": Vendor("anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "https://api.anthropic.com"),
    "openai": Vendor("openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1"),
    "azure": Vendor(
        "azure", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", None, "OPENAI_API_VERSION", tokens=GIVEN
    ),
    "compatible": Vendor("compatible", "COMPATIBLE_API_KEY", "COMPATIBLE_BASE_URL", key_optional=True),
}
EXAMPLES = {
    "AZURE_OPENAI_ENDPOINT": "https://RESOURCE.openai.azure.com",
    "OPENAI_API_VERSION": "2024-10-21",
    "COMPATIBLE_BASE_URL": "http://127.0.0.1:8000/v1",
}


def needs_endpoint(entry: ModelEntry) -> bool:
    """Whether the entry names an address of its own or a vendor's: all but a simulated model without one."""
    return not entry.model.startswith("simulated/") or entry.base_url is not None


def host_of(entry: ModelEntry, environ: Mapping[str, str]) -> str | None:
    """Where an entry's calls go; None for the simulated server that each run starts anew."""
    return resolve_endpoint(entry, environ).host if needs_endpoint(entry) else None


def resolve_endpoint(entry: ModelEntry, environ: Mapping[str, str]) -> Endpoint:
    """The endpoint of one model. A simulated model's `base_url` is the loopback server's root.

    Raises: SpecError: variables that are missing (each named, with the line that sets it), or an address or
        key that cannot be used. The text holds no value of a variable.
    """
    provider, _, name = entry.model.partition("/")
    if provider == "simulated":
        return _simulated(entry, name)
    if provider not in VENDORS:
        raise SpecError(
            f"{entry.model}: {provider} outputs are not called, they are imported. Nothing was sent. "
            f"Use `nightbench import FILE --model {entry.model}`."
        )
    vendor = VENDORS[provider]
    key_name, key = _key(entry, vendor, environ)
    gets_tokens = not key and entry.api_key_env is None and vendor.tokens and is_meant(environ)
    url = entry.base_url or _address(vendor, key_name, key, environ) or vendor.default_url
    version = environ.get(vendor.api_version, "").strip() if vendor.api_version else None
    missing = [
        variable
        for variable, present in (
            (key_name, key or gets_tokens or (vendor.key_optional and entry.api_key_env is None)),
            (vendor.base_url, url),
            (vendor.api_version or "", version or vendor.api_version is None),
        )
        if not present
    ]
    if missing or url is None:
        raise SpecError(_missing(entry, missing))
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise SpecError(
            f"{entry.model}: the value of {key_name} cannot be a key: it holds a space, a control character "
            f"or a letter beyond ASCII. Nothing was sent. Set {key_name} again."
        )
    parts = check_base_url(url, entry.model)
    if gets_tokens:
        check_installed(entry.model)
    return Endpoint(
        provider=provider,
        name=name,
        protocol=vendor.protocol,
        base_url=url.rstrip("/"),
        host=_host(parts),
        api_key=Token() if gets_tokens else Secret(key or NO_KEY),
        is_token=gets_tokens or key_name == vendor.tokens,
        principal=principal_of(environ) if gets_tokens else None,
        headers=dict(entry.headers),
        in_flight=entry.limits.in_flight,
        own_address=entry.base_url is not None,
        api_version=version,
        api=api_of(entry.model, entry.api),
    )


def resolve_endpoints(entries: Sequence[ModelEntry], environ: Mapping[str, str]) -> dict[str, Endpoint]:
    """The endpoint of each variant; simulated models without an address are left out, they get theirs later.

    Raises: SpecError: every problem, and which of the models work all the same.
    """
    endpoints: dict[str, Endpoint] = {}
    problems: list[str] = []
    for entry in entries:
        if _has_own_server(entry):
            continue
        try:
            endpoints[entry.variant] = resolve_endpoint(entry, environ)
        except SpecError as error:
            problems.append(str(error))
    if problems:
        able = which_can_run(entries, environ)
        hint = f"These still work: {', '.join(able)}." if able else "None of the run's models can be called."
        raise SpecError("\n".join([*dict.fromkeys(problems), hint]))
    return endpoints


def which_can_run(entries: Sequence[ModelEntry], environ: Mapping[str, str]) -> list[str]:
    """The variants whose key and address are there."""
    able = []
    for entry in entries:
        try:
            if not _has_own_server(entry):
                resolve_endpoint(entry, environ)
        except SpecError:
            continue
        able.append(entry.variant)
    return able


def check_base_url(url: str, place: str) -> SplitResult:
    """The parts of an address that may be kept and shown.

    Raises: SpecError: not an http address, or one that carries a name, a password or a query: the address is
        written to tables and logs, so what may be a secret has no place in it. The text does not repeat it.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, usable = SplitResult("", "", "", "", ""), False
    if "@" in url or parts.query or parts.fragment:
        raise SpecError(
            f"{place}: the base_url holds a name, a password or a query, and an address is kept and shown. "
            f"Nothing was sent. Leave only scheme, host, port and path, and put the key into a variable that "
            f"api_key_env names."
        )
    if not usable:
        raise SpecError(
            f'{place}: the base_url is not an address like "https://host/v1". Nothing was sent. '
            f"Give scheme, host and path."
        )
    return parts


def _simulated(entry: ModelEntry, name: str) -> Endpoint:
    if entry.base_url is None:
        raise SpecError(
            f"{entry.model}: a simulated model is answered by the server that a run starts, and none is "
            f"running. Nothing was sent. Start a run, or set base_url to a simulated server's address."
        )
    parts = check_base_url(entry.base_url, entry.model)
    root = entry.base_url.rstrip("/")
    vendor = vendor_of(name)
    return Endpoint(
        provider="simulated",
        name=name,
        protocol=vendor,
        base_url=root if vendor == "anthropic" or parts.path.strip("/") else f"{root}/v1",
        host=_host(parts),
        api_key=Secret(SIMULATED_KEY),
        headers=dict(entry.headers),
        in_flight=entry.limits.in_flight,
        api=api_of(entry.model, entry.api),
        own_address=True,
    )


def missing_variables(provider: str, environ: Mapping[str, str]) -> list[str]:
    """The variables without which no model of a provider can be called."""
    vendor = VENDORS[provider]
    needed = [
        None if vendor.key_optional or signed_in(provider, environ) else vendor.key,
        None if vendor.default_url else vendor.base_url,
        vendor.api_version,
    ]
    return [name for name in needed if name is not None and not environ.get(name, "").strip()]


def signed_in(provider: str, environ: Mapping[str, str]) -> str | None:
    """By what, in words, calls of a provider are signed; None where there is nothing."""
    vendor = VENDORS[provider]
    name, value = _of_environment(vendor, environ)
    if value:
        return f"{name} set"
    return "Entra ID by the AZURE_* variables" if vendor.tokens and is_meant(environ) else None


def _key(entry: ModelEntry, vendor: Vendor, environ: Mapping[str, str]) -> tuple[str, str]:
    """The variable that counts for an entry, and its value."""
    if entry.api_key_env is not None:
        return entry.api_key_env, environ.get(entry.api_key_env, "").strip()
    return _of_environment(vendor, environ)


def _of_environment(vendor: Vendor, environ: Mapping[str, str]) -> tuple[str, str]:
    """The vendor's variable that counts, and its value; of Azure's two a token first, as with the SDK."""
    for name in (vendor.tokens, vendor.key):
        if name is not None and (value := environ.get(name, "").strip()):
            return name, value
    return vendor.key, ""


def _address(vendor: Vendor, key_name: str, key: str, environ: Mapping[str, str]) -> str:
    """The vendor's address; one that the environment does not hold is not for a key that it does hold."""
    is_held = environ.is_held if isinstance(environ, Variables) else lambda _: False
    if key and is_held(vendor.base_url) and not is_held(key_name):
        return ""
    return environ.get(vendor.base_url, "").strip()


def _has_own_server(entry: ModelEntry) -> bool:
    return entry.model.startswith("simulated/") and entry.base_url is None


def _host(parts: SplitResult) -> str:
    return parts.netloc.lower()


def _missing(entry: ModelEntry, missing: Sequence[str]) -> str:
    verb = "is" if len(missing) == 1 else "are"
    lines = "; ".join(f"export {name}={EXAMPLES.get(name, '...')}" for name in missing)
    said = f"{entry.model}: {' and '.join(missing)} {verb} not set. Nothing was sent. Set: {lines}"
    if VENDORS["azure"].key in missing:
        said += f"; in place of the key Entra ID will do: {GIVEN}, or the AZURE_* variables of azure-identity"
    return said
