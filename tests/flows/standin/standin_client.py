"""A command: holds a server of the home given, says when it has it, and stays until its input closes.

`standin_client.py HOME [FLOW]` runs a flow of twenty tasks too where a second word is given.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from flows.server.engine import Engine


def say(words: str) -> None:
    """Tell the test, at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


server = Engine(Path(sys.argv[1]))
server.start()
if len(sys.argv) > 2:
    import prefect
server.wait()
say(json.dumps({"api_url": os.environ["PREFECT_API_URL"], "notice": server.notice}))
if len(sys.argv) > 2:

    @prefect.task
    async def step(number: int) -> int:
        """One of the tasks whose lines nobody wants to read."""
        return number

    @prefect.flow
    async def many() -> None:
        """Twenty tasks at once, and a line."""
        prefect.get_run_logger().info("a line of the flow's own")
        await asyncio.gather(*(step(number) for number in range(20)))

    asyncio.run(many())
    say("ran")
sys.stdin.read()
server.close()
