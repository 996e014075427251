"""How close to its budget a run comes, and that it never costs more: the bill is the server's own ledger.

N prompts to two models over the loopback server, 64 in flight each; the whole would cost some three times
the budget.

    python bench/bench_budget.py [N] [USD]
"""

import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tasks.model import Usage
from warehouse.prices import usd_of

IN_FLIGHT = 64
MODELS = {
    "simulated/gpt-4o-2024-05-13": "openai/gpt-4o-2024-05-13",
    "simulated/claude-3-5-sonnet-20240620": "anthropic/claude-3-5-sonnet-20240620",
}
CARD = 'name = "bench"\n[params]\nmax_tokens = 256\n[[graders]]\ntype = "numeric"\nextract = "last_number"\n'
SAMPLES = (
    "select 's' || i as sample_id, 'How much is ' || i || ' plus 17? Answer with the number.' as input, "
    "cast(i + 17 as varchar) as target from range({n}) as r(i)"
)


def main() -> int:
    """Run it once and print the figures; exit code 1 where the budget was exceeded."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    budget = Decimal(sys.argv[2] if len(sys.argv) > 2 else "0.37")
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with (
        tempfile.TemporaryDirectory() as folder,
        start_server([], make_settings({"latency_ms": 20, "keep_rows": 4 * n})) as server,
    ):
        spec = write_spec(Path(folder), n, server.base_url)
        words = ["run", str(spec), "--suites-dir", f"{folder}/suites", "--budget-usd", str(budget), "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli.main", *words],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "NIGHTBENCH_HOME": f"{folder}/home"},
            capture_output=True,
            text=True,
            check=False,
        )
        rows = [row for row in server.ledger()["rows"] if row["outcome"] == "answered"]
    bills = [bill_of(row) for row in rows]
    spent = sum(bills, Decimal(0))
    left = budget - spent
    print(
        f"{2 * n:,} calls planned, {len(rows):,} answered, exit code {done.returncode}\n"
        f"budget ${budget}, billed ${spent:f}, left ${left:f} ({left / budget:.2%})\n"
        f"dearest answer ${max(bills):f}, the whole would have cost about "
        f"${spent / len(rows) * 2 * n:.2f}"
    )
    return int(spent > budget or done.returncode != 3)


def bill_of(row: dict[str, object]) -> Decimal:
    """What the server's vendor would bill for an answer."""
    read, said, cached, written, for_an_hour = (
        int(str(row[f"{kind}_tokens"]))
        for kind in ("input", "output", "cached_input", "cache_write", "cache_write_1h")
    )
    usage = Usage(
        read, said, cached_input_tokens=cached, cache_write_tokens=written, cache_write_1h_tokens=for_an_hour
    )
    usd = usd_of(MODELS[f"simulated/{row['model']}"], usage, datetime.now(UTC))
    assert usd is not None
    return usd


def write_spec(folder: Path, n: int, base_url: str) -> Path:
    """The suite and the spec."""
    suite = folder / "suites" / "bench"
    suite.mkdir(parents=True)
    (suite / "suite.toml").write_text(CARD, encoding="utf-8")
    (suite / "samples.sql").write_text(SAMPLES.format(n=n), encoding="utf-8")
    lines = ['suites = ["bench"]']
    for model in MODELS:
        lines += ["[[models]]", f'model = "{model}"', f'base_url = "{base_url}"']
        lines += [f"limits = {{ in_flight = {IN_FLIGHT} }}"]
    (folder / "spec.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder / "spec.toml"


if __name__ == "__main__":
    sys.exit(main())
