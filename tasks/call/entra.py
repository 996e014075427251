"""Entra ID in place of an Azure key: whether it is asked for, and where its tokens come from.

By environment, as azure-identity reads it (its DefaultAzureCredential): a service principal, a workload
or managed identity, or, with AZURE_TOKEN_CREDENTIALS=dev, whoever is signed in on this machine; or a service
principal that is held elsewhere (secret.Variables). A token that is given as AZURE_OPENAI_AD_TOKEN is used as
it is and not renewed. azure-identity is an optional extra.

Source: azure.identity.aio (DefaultAzureCredential, get_bearer_token_provider, which keeps a token until five
minutes before its end), learn.microsoft.com/azure/developer/python/sdk/authentication/credential-chains
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from tasks.call.faults import clean
from tasks.call.secret import Secret, Token, Variables
from warehouse.errors import Fault, SpecError, Transient, Unusable

SCOPE = "https://cognitiveservices.azure.com/.default"
GIVEN = "AZURE_OPENAI_AD_TOKEN"
SIGNS = (  # variables that azure-identity reads; one of them, and no key: Entra ID is meant
    "AZURE_TOKEN_CREDENTIALS",
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "IDENTITY_ENDPOINT",
    "MSI_ENDPOINT",
)
LONGEST = 600  # characters of azure-identity's words
MEND = (
    "Check the AZURE_* variables and that the identity has the role "
    '"Cognitive Services OpenAI User" on the resource'
)


PRINCIPAL = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")


@dataclass(frozen=True)
class Principal:
    """A service principal that the process's own environment does not have."""

    tenant_id: str
    client_id: str
    client_secret: Secret


@dataclass(frozen=True)
class Identity:
    """Who gives tokens. `refused`: its errors that no retry mends; `failed`: all others of its own."""

    get: Callable[[], Awaitable[str]]
    close: Callable[[], Awaitable[None]]
    refused: tuple[type[Exception], ...]
    failed: tuple[type[Exception], ...]


def is_meant(environ: Mapping[str, str]) -> bool:
    """Whether the environment has somebody whom Entra ID knows."""
    return any(environ.get(name, "").strip() for name in SIGNS)


def principal_of(environ: Mapping[str, str]) -> Principal | None:
    """The service principal that azure-identity cannot find by itself, if there is one."""
    if not isinstance(environ, Variables) or not environ.is_held(PRINCIPAL[-1]):
        return None
    tenant_id, client_id, secret = (environ.get(name, "").strip() for name in PRINCIPAL)
    return Principal(tenant_id, client_id, Secret(secret)) if tenant_id and client_id else None


def check_installed(place: str) -> None:
    """Raises: SpecError: the extra is missing."""
    if find_spec("azure") is None or find_spec("azure.identity") is None:
        raise SpecError(
            f"{place}: no AZURE_OPENAI_API_KEY, and the AZURE_* variables ask for Entra ID, for which the "
            f'package azure-identity is missing. Nothing was sent. pip install "nightbench[azure]", or set '
            f"AZURE_OPENAI_API_KEY."
        )


def open_identity(principal: Principal | None = None) -> Identity:
    """The identity of the environment, or a principal's; to be called where an event loop runs.

    Raises: SpecError: the variables contradict each other or name no kind of credential.
    """
    from azure.core.exceptions import AzureError, ClientAuthenticationError
    from azure.identity.aio import (
        ClientSecretCredential,
        DefaultAzureCredential,
        get_bearer_token_provider,
    )

    credential: ClientSecretCredential | DefaultAzureCredential
    try:
        if principal is None:
            credential = DefaultAzureCredential()
        else:
            secret = principal.client_secret.reveal()
            credential = ClientSecretCredential(principal.tenant_id, principal.client_id, secret)
    except ValueError as error:
        raise SpecError(f"Entra ID: {_words(error)} Nothing was sent. {MEND}.") from None
    return Identity(
        get=get_bearer_token_provider(credential, SCOPE),
        close=credential.close,
        refused=(ClientAuthenticationError, ValueError),
        failed=(AzureError,),
    )


class TokenSource:
    """What the SDK asks for a token before each request."""

    def __init__(self, identity: Identity, token: Token, host: str) -> None:
        self._identity = identity
        self._token = token
        self._host = host

    async def __call__(self) -> str:
        """A token that is valid. Raises: Unusable, Transient: as a bad key, and as a broken connection."""
        failure: Unusable | Transient
        try:
            text = await self._identity.get()
            self._token.renew(text)
            return text
        except self._identity.refused as error:
            failure = Unusable(
                Fault("auth", f"{self._host}: Entra ID gives no token: {_words(error)} {MEND}.")
            )
        except self._identity.failed as error:
            failure = Transient(
                Fault("connection", f"{self._host}: Entra ID cannot be asked: {_words(error)}", unsent=True)
            )
        raise failure  # here, without a context: azure-identity's exceptions hold requests, and so secrets

    async def close(self) -> None:
        """Close its connections."""
        await self._identity.close()


def _words(error: Exception) -> str:
    text = clean(str(error)).strip() or type(error).__name__
    return text[:LONGEST].rstrip(".") + "."
