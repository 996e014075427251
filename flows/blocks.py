"""Prefect's block types for keys and addresses of providers, so that they can be filled in on its page.

What a block holds stands below the environment (flows/keys.py). A block of a provider counts if it is named
`nightbench`. Its secret fields are encrypted in Prefect's database and come to the page as stars with the
last four characters.
"""

from typing import TYPE_CHECKING

from prefect.blocks.core import Block
from pydantic import Field, SecretStr

from flows.keys import NAME

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

HINT = f'Name the block "{NAME}". What the environment of the process that runs the flow sets wins over it.'


class AnthropicBlock(Block):
    """Key and address for models `anthropic/...`."""

    _block_type_name = "Anthropic for nightbench"
    _block_type_slug = "nightbench-anthropic"
    _description = f"The key with which models anthropic/... are called. {HINT}"

    api_key: SecretStr = Field(title="API key", description="As ANTHROPIC_API_KEY.")
    base_url: str = Field(
        default="",
        title="Base URL",
        description="As ANTHROPIC_BASE_URL: only where calls go to another server than Anthropic's.",
    )


class OpenAIBlock(Block):
    """Key and address for models `openai/...`."""

    _block_type_name = "OpenAI for nightbench"
    _block_type_slug = "nightbench-openai"
    _description = f"The key with which models openai/... are called. {HINT}"

    api_key: SecretStr = Field(title="API key", description="As OPENAI_API_KEY.")
    base_url: str = Field(
        default="",
        title="Base URL",
        description="As OPENAI_BASE_URL: only where calls go to another server than OpenAI's.",
    )


class AzureOpenAIBlock(Block):
    """Resource and key, or identity in Entra ID, for models `azure/...`."""

    _block_type_name = "Azure OpenAI for nightbench"
    _block_type_slug = "nightbench-azure"
    _description = (
        "The resource whose deployments azure/... are called, with a key, with a service principal of Entra "
        f"ID, or, where neither is filled in, with the identity of the machine that runs the flow. {HINT}"
    )

    endpoint: str = Field(
        title="Endpoint", description="As AZURE_OPENAI_ENDPOINT: https://RESOURCE.openai.azure.com"
    )
    api_version: str = Field(
        default="2024-10-21", title="API version", description="As OPENAI_API_VERSION, the date of the API."
    )
    api_key: SecretStr = Field(
        default=SecretStr(""),
        title="API key",
        description="As AZURE_OPENAI_API_KEY. Empty: Entra ID is asked.",
    )
    tenant_id: str = Field(
        default="", title="Tenant", description="As AZURE_TENANT_ID, of a service principal."
    )
    client_id: str = Field(
        default="", title="Client", description="As AZURE_CLIENT_ID, of a service principal."
    )
    client_secret: SecretStr = Field(
        default=SecretStr(""),
        title="Client secret",
        description="As AZURE_CLIENT_SECRET, of a service principal.",
    )


class CompatibleBlock(Block):
    """Address and key for models `compatible/...`: any server that speaks OpenAI's protocol."""

    _block_type_name = "OpenAI-compatible for nightbench"
    _block_type_slug = "nightbench-compatible"
    _description = f"The server that answers for models compatible/... {HINT}"

    base_url: str = Field(
        title="Base URL", description="As COMPATIBLE_BASE_URL, for example http://127.0.0.1:8000/v1"
    )
    api_key: SecretStr = Field(
        default=SecretStr(""),
        title="API key",
        description="As COMPATIBLE_API_KEY. Empty: the server asks for none.",
    )


BLOCKS: tuple[type[Block], ...] = (AnthropicBlock, OpenAIBlock, AzureOpenAIBlock, CompatibleBlock)


async def register_blocks(client: "PrefectClient") -> None:
    """Let the server know the types, so that its page offers their forms."""
    for kind in BLOCKS:
        await kind.register_type_and_schema(client=client)
