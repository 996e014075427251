"""Attempts for the journal's tests, and a process that journals them until it is killed.

python -m tests.tasks.call.journal_cases FOLDER FIRST_NUMBER TEXT_BYTES
"""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from tasks.call.journal import AttemptEnd, Journal
from tasks.model import Usage
from tests.tasks.cases import key_of, make_answer

RUN_ID = "nightly-1"
START = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


def text_of(number: int, n_bytes: int = 40) -> str:
    """The response to it."""
    return (f"answer {number} " * (n_bytes // 8 + 1))[:n_bytes]


def answered(number: int, n: int = 1, text: str | None = None) -> AttemptEnd:
    """An answer to call `number`."""
    usage = Usage(input_tokens=10 + number, output_tokens=5, cached_input_tokens=1)
    said = text_of(number) if text is None else text
    answer = make_answer(said, usage, raw_stop_reason="end_turn", request_id="req_1")
    return AttemptEnd(
        call_key=key_of(number),
        n=n,
        started_at=START + timedelta(seconds=number),
        ended_at=START + timedelta(seconds=number + 1),
        latency_s=1.0,
        queued_s=0.25,
        http_status=200,
        outcome="answered",
        error_kind=None,
        error=None,
        endpoint="api.example.com",
        final=True,
        answer=answer,
        usage=usage,
    )


def failed(number: int, n: int = 1, final: bool = False, error: str = "503") -> AttemptEnd:
    """A failed attempt of call `number`."""
    return replace(
        answered(number, n),
        outcome="failed",
        http_status=503,
        error_kind="server_error",
        error=error,
        final=final,
        answer=None,
        usage=None,
    )


async def write_until_killed(folder: Path, first: int, n_bytes: int) -> None:
    """Journal call after call; say `w N` when it was written and `d N` when it was durable."""
    async with Journal.open(folder, RUN_ID) as journal:
        say(f"cut {sum(torn.n_bytes for torn in journal.cut)}")

        async def call(number: int) -> None:
            say(f"b {number}")
            journal.begin(key_of(number), 1, START)
            durable = journal.append(answered(number, text=text_of(number, n_bytes)))
            say(f"w {number}")
            await durable
            say(f"d {number}")

        running: set[asyncio.Task[None]] = set()
        for number in count(first):
            running.add(asyncio.create_task(call(number)))
            if len(running) >= 8:
                _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    asyncio.run(write_until_killed(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
