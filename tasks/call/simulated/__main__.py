"""`python -m tasks.call.simulated`: the simulated server as a process of its own."""

import argparse
import asyncio
import sys
from pathlib import Path

from tasks.call.simulated.plan import read_plan
from tasks.call.simulated.server import serve
from tasks.call.simulated.settings import read_settings
from warehouse.errors import SpecError


def main() -> int:
    """Read the options and serve; 0 at the end, 2 for bad input, 1 where port or file cannot be had."""
    options = _parser().parse_args()
    changes = list(options.set)
    for name in ("seed", "latency_ms"):
        if getattr(options, name) is not None:
            changes.append(f"{name}={getattr(options, name)}")
    try:
        settings = read_settings(options.settings, changes)
        plan = read_plan(options.plan) if options.plan else {}
        asyncio.run(serve(plan, settings, port=options.port, ledger_file=options.ledger, stay=options.stay))
    except SpecError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"the simulated server cannot start: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tasks.call.simulated",
        description="A loopback server that speaks the Anthropic, OpenAI and Azure OpenAI protocols.",
        epilog="Example: python -m tasks.call.simulated --stay --latency-ms 20 --set faults.cut=0.1",
    )
    parser.add_argument("--plan", type=Path, help="JSONL: what there is to know of each prompt")
    parser.add_argument("--settings", type=Path, help="JSON or TOML: how the server behaves")
    parser.add_argument("--port", type=int, default=0, help="0: a free one (the default)")
    parser.add_argument("--ledger", type=Path, help="JSONL file that gets a line a request")
    parser.add_argument("--stay", action="store_true", help="do not end with standard input")
    parser.add_argument("--seed", type=int, help="what all chance depends on")
    parser.add_argument("--latency-ms", type=float, help="the same latency for every answer")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting; repeats"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
