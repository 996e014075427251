"""The process that parses mathematics and compares values: it may take too long, and is killed then.

A line of JSON `[target, answer]` in, a line `true`, `false` or `null` (one of them cannot be read) out. The
parser is math-verify's for LaTeX. Its other one, which evaluates text as Python, is taken out; SymPy's own,
which LaTeX's numbers go through, takes numbers and names and nothing else. After the start an audit hook
refuses to compile text but of SymPy's own making, to start programs, to write files and to connect.
"""

import importlib
import json
import logging
import re
import resource
import sys
from typing import Any

MEMORY_BYTES = 2 << 30
CPU_S = 120  # for one pair
REFUSED = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "socket.",
    "ctypes.",
    "shutil.",
)
# SymPy's own code for a number or a name, as its parser makes it of each.
ATOM = re.compile(
    r"\s*(Integer|Float|Symbol)\s*\(\s*'?([-+]?[\d.]+(?:[eE][-+]?\d{1,3})?|[A-Za-z]\w{0,30})'?\s*\)\s*"
)
NAMES = b"from sympy import *"  # what SymPy's parser runs before each number
WRITES_CODE = ("sympy.polys.", "dataclasses", "collections")  # of their own making, from counts and names
DIGITS = 12  # after the point, to which numbers that cannot be compared exactly must agree


def main() -> None:
    """Answer until the line ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    judge = comparer()
    for target, answer in ((r"\frac{1}{2}", "0.5"), ("(1,2]", "(1,2]"), (r"x^2-1", "(x-1)(x+1)"), ("1", "x")):
        judge(target, answer)  # what is imported late is imported now
    sys.addaudithook(_refuse)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = int(used.ru_utime + used.ru_stime) + CPU_S  # nobody may be left to kill it
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
        target, answer = json.loads(line)
        sys.stdout.write(json.dumps(judge(target, answer)) + "\n")
        sys.stdout.flush()


def comparer() -> Any:
    """The function that compares two texts."""
    import math_verify.parser
    import sympy
    import sympy.parsing.sympy_parser
    from math_verify import LatexExtractionConfig, parse, verify

    importlib.import_module("sympy.physics.units")  # it makes its names through the parser

    def never(*_: Any, **__: Any) -> Any:
        raise ValueError("text is not evaluated here")

    makers = {"Integer": sympy.Integer, "Float": sympy.Float, "Symbol": sympy.Symbol}

    def atom(code: str, *_: Any, **__: Any) -> Any:
        found = ATOM.fullmatch(code)
        if found is None:
            raise ValueError("text is not evaluated here")
        return makers[found[1]](found[2])

    math_verify.parser.parse_expr = math_verify.parser.parse_expr_cached = never
    sympy.parsing.sympy_parser.eval_expr = atom
    config = [LatexExtractionConfig(boxed_match_priority=0)]

    # math-verify has the letter i as two symbols, by what stands before it.
    unit = {sympy.Symbol("i", real=real): sympy.I for real in (True, False, None)}

    def read(text: str) -> Any:
        found = parse(
            f"\\boxed{{{text}}}", extraction_config=config, fallback_mode="no_fallback", parsing_timeout=None
        )
        return [
            one.xreplace(unit) if hasattr(one, "free_symbols") and unit.keys() & one.free_symbols else one
            for one in found
        ]

    def judge(target: str, answer: str) -> bool | None:
        try:
            wanted, given = read(target), read(answer)
            if not wanted or not given:
                return None
            return bool(verify(wanted, given, timeout_seconds=None, float_rounding=DIGITS, strict=True))
        except (Exception, RecursionError, MemoryError):  # noqa: BLE001 - a parser's inside, on a hostile text
            return None

    return judge


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event == "compile" and args[1] == "<string>" and args[0] != NAMES:
        caller = str(sys._getframe(1).f_globals.get("__name__"))
        if not caller.startswith(WRITES_CODE):
            raise PermissionError(event)
    elif event.startswith(REFUSED) or (event == "open" and set(str(args[1])) & set("wax+")):
        raise PermissionError(event)


if __name__ == "__main__":
    main()
