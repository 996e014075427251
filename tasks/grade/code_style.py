"""How code is written, as figures: no part of a score, but what "verbose against concise" is about.

    lines, code_lines, comment_lines, blank_lines, longest_line, chars    of any language
    comment_share                                                         of all lines but blank ones
    functions, classes, async_functions, imports, nesting                 of Python, by its own parser
    complexity_mean, complexity_max                                       McCabe's, of functions (radon)
    try_blocks, bare_excepts, broad_excepts                               error handling
    typed_share                                                           of arguments and results
    docstring_share                                                       of functions and classes

What Python cannot parse has the measures of any language alone. A text beyond MAX_CHARS, or nested deeper
than a person would write, is not parsed.

Source: McCabe 1976 (doi:10.1109/TSE.1976.233837); radon's counting (radon.readthedocs.io).
"""

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from tasks.grade.extract import extract
from tasks.grade.measures import Measure

MAX_CHARS = 200_000
MAX_DEPTH = 60
COMMENTS = {"python": ("#",), "sql": ("--",)}
Blocks = ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try
BROAD = {"Exception", "BaseException"}


@dataclass(frozen=True, kw_only=True)
class CodeStyle(Measure):
    """Measure the answer's code."""

    type: ClassVar[str] = "code_style"

    extract: str = "code"
    language: Literal["python", "sql"] = "python"

    def measure(self, answer: str) -> Mapping[str, float]:
        """The measures of the code in an answer; none where there is no code."""
        code = extract(self.extract, answer)
        if code is None or not code.strip():
            return {}
        found = dict(of_lines(code, COMMENTS[self.language]))
        if self.language == "python" and (tree := parsed(code)) is not None:
            found.update(of_tree(tree))
        return found


def of_lines(code: str, marks: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """What can be counted in any language."""
    lines = [line.strip() for line in code.strip("\n").splitlines()]
    comments = sum(line.startswith(marks) for line in lines)
    blank = sum(not line for line in lines)
    written = len(lines) - blank
    yield "chars", float(len(code))
    yield "lines", float(len(lines))
    yield "blank_lines", float(blank)
    yield "comment_lines", float(comments)
    yield "code_lines", float(written - comments)
    yield "comment_share", comments / written if written else 0.0
    yield "longest_line", float(max(map(len, code.splitlines()), default=0))


def parsed(code: str) -> ast.Module | None:
    """The syntax tree; None where there is none, or it would be too much to make."""
    if len(code) > MAX_CHARS or _deepest(code) > MAX_DEPTH:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes and the like, in somebody's text
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def of_tree(tree: ast.Module) -> Iterator[tuple[str, float]]:
    """What Python's own parser sees."""
    nodes = list(ast.walk(tree))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    handlers = [node for node in nodes if isinstance(node, ast.ExceptHandler)]
    yield "functions", float(len(functions))
    yield "classes", float(len(classes))
    yield "async_functions", float(sum(isinstance(node, ast.AsyncFunctionDef) for node in functions))
    yield "imports", float(sum(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes))
    yield "nesting", float(_nesting(tree))
    yield "try_blocks", float(sum(isinstance(node, ast.Try) for node in nodes))
    yield "bare_excepts", float(sum(handler.type is None for handler in handlers))
    broad = [handler.type for handler in handlers if isinstance(handler.type, ast.Name)]
    yield "broad_excepts", float(sum(name.id in BROAD for name in broad))
    places = [place for function in functions for place in _places(function)]
    if places:
        yield "typed_share", sum(places) / len(places)
    documented = [ast.get_docstring(node) is not None for node in (*functions, *classes)]
    if documented:
        yield "docstring_share", sum(documented) / len(documented)
    if functions:
        each = _complexities(tree)
        yield "complexity_mean", sum(each) / len(each)
        yield "complexity_max", float(max(each))


def _complexities(tree: ast.Module) -> list[int]:
    from radon.complexity import cc_visit_ast

    blocks = [block for block in cc_visit_ast(tree) if block.letter in {"F", "M"}]
    return [int(block.complexity) for block in blocks] or [1]


def _places(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[bool]:
    """Whether each argument (but self and cls) and the result has a type."""
    spec = function.args
    named = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    named += [one for one in (spec.vararg, spec.kwarg) if one is not None]
    typed = [one.annotation is not None for one in named if one.arg not in {"self", "cls"}]
    return [*typed, function.returns is not None]


def _nesting(node: ast.AST, depth: int = 0) -> int:
    """How deep blocks lie in blocks."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        deepest = max(deepest, _nesting(child, depth + isinstance(child, Blocks)))
    return deepest


def _deepest(code: str) -> int:
    """How deep brackets and indentation go, without a parser."""
    depth = deepest = 0
    for letter in code:
        depth += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, depth)
    steps = max((len(line) - len(line.lstrip(" \t")) for line in code.splitlines()), default=0)
    chained = max(
        (line.count("-") + line.count("not ") + line.count("+") for line in code.splitlines()), default=0
    )
    return max(deepest, steps // 2, chained // 8)
