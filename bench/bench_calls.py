"""Calls a second, processor time a call and peak memory of a run, beside the bare SDK in the same minute.

Both sides put the same prompts to the same loopback server: N answers of 20 ms, 64 in flight. The bare side
is a semaphore around the SDK on its aiohttp transport and nothing else: no limiter, no journal, no tables.

    python bench/bench_calls.py [N]
"""

import asyncio
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings

LATENCY_MS = 20
IN_FLIGHT = 64
IDEAL = IN_FLIGHT * 1000 / LATENCY_MS  # calls/s
MODEL = "gpt-4o-2024-05-13"
SUITE = """name = "bench"
[params]
max_tokens = 64
temperature = 0.0
[[graders]]
type = "numeric"
extract = "last_number"
"""
SAMPLES = "select 's' || i as sample_id, 'How much is ' || i || ' plus 1? Answer with the number.' as input, "


def main() -> None:
    """Run both sides and print a line each."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 10_000
    if len(sys.argv) > 2 and sys.argv[2] == "bare":
        asyncio.run(bare(sys.argv[3], n))
        return
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(
        f"{n:,} calls of {LATENCY_MS} ms, {IN_FLIGHT} in flight: ideal {IN_FLIGHT * 1000 / LATENCY_MS:,.0f}/s"
    )
    with start_server([], make_settings({"latency_ms": LATENCY_MS, "keep_rows": 0})) as server:
        one = measured("bare SDK", n, [sys.executable, __file__, str(n), "bare", server.base_url], {})
        with tempfile.TemporaryDirectory() as folder:
            two = measured_run(Path(folder), n, server.base_url)
    print(f"ratio: calls/s {two[0] / one[0]:.2f}, processor time a call {two[1] / one[1]:.2f}")


async def bare(base_url: str, n: int) -> None:
    """The same calls on the SDK alone."""
    import openai

    client = openai.AsyncOpenAI(
        api_key="simulated",
        base_url=f"{base_url}/v1",
        max_retries=0,
        http_client=openai.DefaultAioHttpClient(),
    )
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(i: int) -> None:
        async with gate:
            await client.chat.completions.create(
                model=MODEL,
                messages=[{"role": "user", "content": f"How much is {i} plus 1? Answer with the number."}],
                max_tokens=64,
                temperature=0.0,
            )

    began = time.monotonic()
    await asyncio.gather(*(one(i) for i in range(n)))
    took = time.monotonic() - began
    await client.close()
    print(json.dumps({"calls_per_s": n / took}))


def measured_run(folder: Path, n: int, base_url: str) -> tuple[float, float]:
    """A whole `nightbench run`; its rate is that of its calling phase, its processor time all of it."""
    suite = folder / "suites" / "bench"
    suite.mkdir(parents=True)
    (suite / "suite.toml").write_text(SUITE, encoding="utf-8")
    sql = SAMPLES + f"cast(i + 1 as varchar) as target from range({n}) as r(i)"
    (suite / "samples.sql").write_text(sql, encoding="utf-8")
    spec = folder / "spec.toml"
    spec.write_text(
        f'suites = ["bench"]\nmodels = [{{ model = "simulated/{MODEL}", base_url = "{base_url}", '
        f"limits = {{ in_flight = {IN_FLIGHT} }} }}]\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "flows.cli.main", "run", str(spec), "--run-id", "bench", "--json"]
    command += ["--suites-dir", str(folder / "suites")]
    home = folder / "home"
    return measured(
        "nightbench run", n, command, {"NIGHTBENCH_HOME": str(home)}, home / "progress/bench.json"
    )


def measured(
    name: str, n: int, command: list[str], env: dict[str, str], progress: Path | None = None
) -> tuple[float, float]:
    """Calls a second, and processor milliseconds a call of the finished process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **env}
    )
    out, _ = child.communicate()
    whole_s = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if child.returncode != 0:
        raise SystemExit(f"{name} ended with {child.returncode}")
    cpu_ms = 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / n
    rate = json.loads(out)["calls_per_s"] if progress is None else _rate(progress)
    print(
        f"{name:16} {rate:8,.0f} calls/s, {cpu_ms:.2f} ms processor time a call, {whole_s:.1f} s whole, "
        f"peak {after.ru_maxrss / 1024:,.0f} MB"
    )
    return rate, cpu_ms


def _rate(progress: Path) -> float:
    return float(json.loads(progress.read_text(encoding="utf-8"))["calls_per_s"])


if __name__ == "__main__":
    main()
