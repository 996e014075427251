"""What a journal costs in three forms: JSON Lines with a crc32, SQLite in WAL mode, an Arrow IPC stream.

Every form keeps the same promises: a record before each attempt and one after (2 kB of response), each in
the system's hands at once so that a kill loses none, and a sync at most every 50 ms. Then the chosen one as
it is, at a paced rate under asyncio, with what remains of it in memory.

    python -m bench.bench_journal [--records 20000] [--folder DIR] [--rate 1000]
"""

import argparse
import asyncio
import os
import platform
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pyarrow as pa

from tasks.call.journal import AttemptEnd, Journal, JournalIO, read_journal
from tasks.call.journal_reader import datasync
from tasks.call.journal_records import begin_line, decode, end_line, is_whole
from tasks.model import Answer, Usage

SYNC_EVERY_S = 0.05
WORDS = ["the", "answer", "is", "therefore", "42", "because", '"half"', "as", "many\nclips", "in", "May,"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure three forms of the journal.")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, default=None, help="on the disk to measure")
    parser.add_argument("--rate", type=int, default=1_000, help="calls a second of the paced measurement")
    options = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, {cpu_model()}, Python {platform.python_version()}")
    print(f"SQLite {sqlite3.sqlite_version}, pyarrow {pa.__version__}")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        print(f"a sync of 2 kB: {sync_ms(Path(folder)):.2f} ms\n")
        ends = list(attempts(options.records))
        print("form            calls/s  cpu us/call  bytes/call  syncs  read back us/call")
        for name, form in {"jsonl + crc32": jsonl, "sqlite wal": sqlite, "arrow stream": arrow}.items():
            report(name, form, Path(folder), ends)
        print()
        asyncio.run(paced(Path(folder) / "run", ends, options.rate))
        asyncio.run(crowded(Path(folder) / "crowd", ends))
        index(Path(folder) / "run")


def report(
    name: str,
    form: Callable[[Path, list[AttemptEnd]], Callable[[], int]],
    folder: Path,
    ends: list[AttemptEnd],
) -> None:
    path = folder / name.replace(" ", "_")
    syncs.clear()
    wall, cpu = time.perf_counter(), time.process_time()
    read_back = form(path, ends)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    n_bytes = sum(file.stat().st_size for file in folder.glob(path.name + "*"))
    start = time.perf_counter()
    n_read = read_back()
    read = time.perf_counter() - start
    assert n_read == len(ends), (name, n_read)
    n = len(ends)
    print(
        f"{name:14} {n / wall:8,.0f} {cpu / n * 1e6:12.1f} {n_bytes / n:11,.0f} {len(syncs):6}"
        f" {read / n * 1e6:18.1f}"
    )


def jsonl(path: Path, ends: list[AttemptEnd]) -> Callable[[], int]:
    """What the journal writes, without its event loop."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    last = 0.0
    for at, end in enumerate(ends):
        os.write(file, begin_line(end.call_key, end.n, end.started_at, None, at))
        os.write(file, end_line(end, at))
        last = sync_if_due(last, file)
    os.close(file)

    def read_back() -> int:
        with path.open("rb") as lines:
            records = [decode(line, "") for line in lines if is_whole(line)]
        return sum(isinstance(record, AttemptEnd) for record in records)

    return read_back


def sqlite(path: Path, ends: list[AttemptEnd]) -> Callable[[], int]:
    """A row an attempt, columns for the indexed fields, JSON for the rest; the WAL is synced by us."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")  # a commit reaches the system, not yet the disk
    connection.execute(
        "create table begun (call_key blob, n integer, at text, primary key (call_key, n)) without rowid"
    )
    connection.execute(
        "create table ended (call_key blob, n integer, outcome text, final integer, record blob)"
    )
    connection.execute("create index by_key on ended (call_key)")
    wal = os.open(f"{path}-wal", os.O_RDWR)
    last = 0.0
    for at, end in enumerate(ends):
        key = end.call_key.bytes
        connection.execute("insert into begun values (?, ?, ?)", (key, end.n, end.started_at.isoformat()))
        row = (key, end.n, end.outcome, end.final, end_line(end, at))
        connection.execute("insert into ended values (?, ?, ?, ?, ?)", row)
        last = sync_if_due(last, wal)
    os.close(wal)

    def read_back() -> int:
        rows = connection.execute("select record from ended").fetchall()
        n_read = sum(isinstance(decode(line, ""), AttemptEnd) for (line,) in rows)
        connection.close()
        return n_read

    return read_back


def arrow(path: Path, ends: list[AttemptEnd]) -> Callable[[], int]:
    """A record batch of one row for each begin and each end: what a kill must not lose cannot wait."""
    columns = {"call_key": pa.binary(16), "n": pa.int32(), "kind": pa.string(), "started_at": pa.string()}
    columns |= {"latency_s": pa.float64(), "http_status": pa.int32(), "endpoint": pa.string()}
    columns |= {"text": pa.string(), "stop_reason": pa.string(), "request_id": pa.string()}
    columns |= {"input_tokens": pa.int64(), "output_tokens": pa.int64()}
    schema = pa.schema(list(columns.items()))
    file = path.open("wb", buffering=0)
    writer = pa.ipc.new_stream(file, schema)
    last = 0.0
    for end in ends:
        assert end.answer is not None
        assert end.usage is not None
        begun = [end.call_key.bytes, end.n, "begin", end.started_at.isoformat(), *[None] * 8]
        ended = [end.call_key.bytes, end.n, "end", end.started_at.isoformat(), end.latency_s]
        ended += [end.http_status, end.endpoint, end.answer.text, end.answer.stop_reason]
        ended += [end.answer.request_id, end.usage.input_tokens, end.usage.output_tokens]
        for row in (begun, ended):
            arrays = [pa.array([value], kind) for value, kind in zip(row, columns.values(), strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
        last = sync_if_due(last, file.fileno())
    writer.close()
    file.close()

    def read_back() -> int:
        with pa.ipc.open_stream(path) as reader:
            rows = reader.read_all().to_pylist()
        return sum(row["kind"] == "end" for row in rows)

    return read_back


async def paced(folder: Path, ends: list[AttemptEnd], rate: int) -> None:
    """The journal itself at so many calls a second; the same loop without it is taken off."""
    costs, waits = [], []
    for journalled in (False, True):
        journal = Journal.open(folder, "run", JournalIO(sync=counted_sync))
        syncs.clear()

        async def call(end: AttemptEnd, journal: Journal = journal, journalled: bool = journalled) -> None:
            if not journalled:
                return
            journal.begin(end.call_key, end.n, end.started_at)
            start = time.perf_counter()
            await journal.end(end)
            waits.append(time.perf_counter() - start)

        cpu, start = time.process_time(), time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number, end in enumerate(ends):
                if (ahead := start + number / rate - time.perf_counter()) > 0.001:
                    await asyncio.sleep(ahead)
                group.create_task(call(end))
        seconds = time.perf_counter() - start
        costs.append((time.process_time() - cpu) / len(ends))
        await journal.close()
    waits.sort()
    print(
        f"paced: {len(ends) / seconds:,.0f} calls/s, {(costs[1] - costs[0]) * 1e6:.1f} us cpu a call, "
        f"{len(syncs) / seconds:.1f} syncs/s, durable after {waits[len(waits) // 2] * 1e3:.0f} ms (median), "
        f"{waits[int(len(waits) * 0.99)] * 1e3:.0f} ms (p99)"
    )


async def crowded(folder: Path, ends: list[AttemptEnd]) -> None:
    """The journal itself with 64 calls that wait at a time, as fast as the syncs let them."""
    syncs.clear()
    left = iter(ends)
    async with Journal.open(folder, "run", JournalIO(sync=counted_sync)) as journal:

        async def worker() -> None:
            for end in left:
                journal.begin(end.call_key, end.n, end.started_at)
                await journal.end(end)

        cpu, start = time.process_time(), time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(64)))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(
        f"64 at a time: {len(ends) / seconds:,.0f} calls/s, {cpu / len(ends) * 1e6:.1f} us cpu a call, "
        f"{len(syncs) / seconds:.1f} syncs/s"
    )


def index(folder: Path) -> None:
    """A resume's first step: every file read, checked and indexed."""
    start = time.perf_counter()
    with read_journal(folder) as state:
        seconds, n = time.perf_counter() - start, len(state.answered)
        print(f"index: {seconds / n * 1e6:.1f} us a call, {state.n_bytes / n:.0f} bytes of memory a call")
        keys = list(state.answered)
        start = time.perf_counter()
        for key in keys:
            state.outcome(key)
        print(f"outcome by key: {(time.perf_counter() - start) / n * 1e6:.1f} us")


syncs: list[float] = []


def counted_sync(file: int) -> None:
    syncs.append(time.perf_counter())
    datasync(file)


def sync_if_due(last: float, file: int) -> float:
    now = time.perf_counter()
    if now - last < SYNC_EVERY_S:
        return last
    counted_sync(file)
    return now


def attempts(n: int) -> Iterator[AttemptEnd]:
    """Answers of 2 kB, no two alike."""
    rng = random.Random(1)
    now = datetime.now(UTC)
    usage = Usage(input_tokens=412, output_tokens=503)
    answer = Answer("", "stop", "end_turn", usage, served_model="model-1", request_id="req_0123456789abcdef")
    for _ in range(n):
        text = " ".join(rng.choices(WORDS, k=400))[:2048]
        yield AttemptEnd(
            call_key=UUID(int=rng.getrandbits(128)),
            n=1,
            started_at=now,
            ended_at=now,
            latency_s=rng.random(),
            queued_s=0.0,
            http_status=200,
            outcome="answered",
            error_kind=None,
            error=None,
            endpoint="api.example.com",
            final=True,
            answer=replace(answer, text=text),
            usage=usage,
        )


def sync_ms(folder: Path) -> float:
    path = folder / "probe"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    times = []
    for _ in range(50):
        os.write(file, bytes(2048))
        start = time.perf_counter()
        datasync(file)
        times.append(time.perf_counter() - start)
    os.close(file)
    path.unlink()
    return sorted(times)[25] * 1e3


def cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), "cpu unknown")


if __name__ == "__main__":
    main()
