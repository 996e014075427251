"""Prefect's server is away for a while: the calls go on without it, and the run waits for it at its end.

Prefect's client (3.9) tries for about a minute and then raises. Calls and landing need no server: what does
are the artifacts and the state in which the flow run ends.
"""

import asyncio
import os
import urllib.error
import urllib.request

LOOK_S = 1.0
ANSWER_S = 5.0


async def server_is_back(patience_s: float) -> bool:
    """Wait until Prefect's server answers, at most so long; whether it does."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_s
    while not await asyncio.to_thread(_answers, os.environ.get("PREFECT_API_URL", "")):
        if loop.time() > until:
            return False
        await asyncio.sleep(LOOK_S)
    return True


def _answers(api_url: str) -> bool:
    """Whether anything answers there, were it a refusal. Without an address nothing is waited for."""
    if not api_url.startswith(("http://", "https://")):
        return True
    try:
        with urllib.request.urlopen(f"{api_url.rstrip('/')}/health", timeout=ANSWER_S):  # noqa: S310 - the user's own
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False
