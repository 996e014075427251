"""What Prefect adds to a run: wall time and processor time with its flow, tasks and server, and without.

All sides make the same calls to the same loopback server with the same journal, limiter, grades and tables:
as `nightbench run` does, with the Prefect server of a `serve` that is there already and with one of its own
that it starts; and with the same functions called plainly, those of the run's page and of its result among
them. The server's processor time counts while it runs.

    python bench/bench_prefect_share.py [N]
"""

import asyncio
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.plus_one import write
from flows.server.prefect_home import PrefectHome, read_record
from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings

LATENCY_MS = 50
ROUNDS = 3
SERVED, ITS_OWN, WITHOUT = "serve is there", "its own server", "without"
GOAL = 0.05


def main() -> None:
    """Take turns, and print each round and the share of the medians."""
    if len(sys.argv) > 2:
        plainly(Path(sys.argv[2]))
        return
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{n:,} calls of {LATENCY_MS} ms")
    sides: dict[str, list[tuple[float, float]]] = {SERVED: [], ITS_OWN: [], WITHOUT: []}
    with start_server([], make_settings({"latency_ms": LATENCY_MS, "keep_rows": 0})) as server:
        for turn in range(ROUNDS):
            for side, taken in sides.items():
                with tempfile.TemporaryDirectory() as folder:
                    wall_s, cpu_s = measured(Path(folder), n, server.base_url, side)
                taken.append((wall_s, cpu_s))
                print(f"{turn + 1}  {side:14} {wall_s:6.2f} s, processor {cpu_s:6.2f} s")
    plain_wall, plain_cpu = (median(one[at] for one in sides[WITHOUT]) for at in (0, 1))
    for side in (SERVED, ITS_OWN):
        wall, cpu = (median(one[at] for one in sides[side]) for at in (0, 1))
        print(
            f"{side}: Prefect takes {wall - plain_wall:.2f} s and {cpu - plain_cpu:.2f} s of processor time, "
            f"{100 * (1 - plain_wall / wall):.1f} % and {100 * (1 - plain_cpu / cpu):.1f} % "
            f"(goal {100 * GOAL:.0f} %)"
        )


def measured(folder: Path, n: int, base_url: str, side: str) -> tuple[float, float]:
    """Wall and processor seconds of a run in a home that was used before, all its processes together."""
    spec = write(folder, n, base_url)
    env = {
        **os.environ,
        "NIGHTBENCH_HOME": str(folder / "home"),
        "NIGHTBENCH_SUITES": str(folder / "suites"),
    }
    serve = None
    if side == WITHOUT:
        command = [sys.executable, __file__, str(n), str(spec)]
    else:
        command = [
            sys.executable,
            "-m",
            "flows.cli.main",
            "run",
            str(spec),
            "--run-id",
            "bench",
        ]
        if side == SERVED:
            serve = subprocess.Popen(
                [sys.executable, "-m", "flows.cli.main", "serve"], env=env, stdout=subprocess.DEVNULL
            )
            time.sleep(15)  # it has come to rest
        warm = [*command[:-1], "warm", "--limit", "1", "--json"]
        subprocess.run(warm, env=env, capture_output=True, check=True)
        time.sleep(5)  # a server of its own is gone
    record = read_record(PrefectHome.of(folder / "home"))
    at_rest = _cpu_s(record.pid) if serve is not None and record is not None else 0.0
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    child = subprocess.Popen([*command], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    of_server = 0.0
    while child.poll() is None:
        record = read_record(PrefectHome.of(folder / "home"))
        of_server = max(of_server, _cpu_s(record.pid) - at_rest if record is not None else 0.0)
        time.sleep(0.2)
    wall_s = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if serve is not None:
        serve.terminate()
        serve.wait(30)
    if child.returncode != 0:
        raise SystemExit(f"{side} ended with {child.returncode}")
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall_s, own + of_server


def plainly(spec_file: Path) -> None:
    """The run without Prefect: load, call, grade, land, commit, and what is shown of it."""
    from flows.cli.run import print_result
    from flows.pages.judged import read_judged
    from flows.pages.pictures import as_markdown
    from flows.pages.run_tables import run_tables
    from flows.pages.summary import run_summary
    from tasks.calling import call_plan, calling
    from tasks.closing import grade_shard, landing
    from tasks.home import Settings
    from tasks.runs import begin_run, run_lock
    from tasks.spec import make_spec
    from tasks.spec_file import read_spec_file
    from tasks.work import prepare

    settings = Settings.read(os.environ)
    settings.home.make()
    record = begin_run(settings.home, make_spec(read_spec_file(spec_file)), "bench", trigger="cli")

    async def run() -> None:
        with run_lock(settings.home, "bench"):
            work = prepare(settings, record)
            async with calling(work) as session:
                work.progress.start_calling()
                await call_plan(session, work.plan)
                work.progress.end_calling()
            with landing(work) as lander:
                for shard in work.plan.shards:
                    lander.land(grade_shard(work, lander.known, shard))
                lander.commit(session.fatal, flow_run_id=None)

    asyncio.run(run())
    as_markdown(run_summary(settings.home, "bench").leaderboard)  # as on the page of a run
    run_tables(settings.home, "bench")
    read_judged(settings.home, "bench")
    print_result(settings.home, "bench")
    if "prefect" in sys.modules:
        raise SystemExit("this side has imported Prefect, and is none without it")


def _cpu_s(pid: int) -> float:
    """Processor seconds of a process so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
