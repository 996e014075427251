"""Jinja for prompts, sandboxed and bounded: a template comes with a suite, and must come to an end.

Jinja's sandbox keeps a template from Python's insides and bounds one `range`; nothing in it bounds two that
are nested, a macro that calls itself twice, or a text that doubles itself. Here one rendering has so many
steps (turns of a loop, calls) and yields so many characters, and products and powers are bounded likewise.
Not bounded: the memory of a text that is joined (`~`, `+`) to itself within those steps.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from jinja2 import StrictUndefined, Template, nodes
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

MAX_STEPS = 300_000
MAX_CHARS = 32 << 20
MAX_BITS = 4096  # of a number

_left: ContextVar[list[int]] = ContextVar("steps that the rendering at work has left")


class TooMuchError(Exception):
    """A template that does not come to an end within its bounds; the message says which."""


class PrintsNullError(Exception):
    """A template would print NULL, as the word None."""


def render(template: Template, row: Mapping[str, Any]) -> str:
    """The text of a template for one row.

    Raises: TooMuchError, PrintsNullError, and whatever else a template can raise.
    """
    token = _left.set([MAX_STEPS])
    try:
        pieces, n_chars = [], 0
        for piece in template.generate(row):
            n_chars += len(piece)
            if n_chars > MAX_CHARS:
                raise TooMuchError(f"it yields more than {MAX_CHARS:,} characters")
            pieces.append(piece)
        return "".join(pieces)
    finally:
        _left.reset(token)


class PromptEnvironment(SandboxedEnvironment):
    """Not escaped, because a prompt is text and no page; what is not there and NULL are errors."""

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False, finalize=_printed
        )
        self.filters["_counted"] = _counted

    def _generate(self, source: nodes.Template, *names: Any, **options: Any) -> str:
        for loop in source.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "_counted", [], [], None, None, lineno=loop.lineno)
        return super()._generate(source, *names, **options)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Every call in a template: macros, functions, methods, a recursive loop."""
        _step()
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """`*` and `**`, refused where the result would be beyond all use."""
        for one, other in ((left, right), (right, left)):
            if isinstance(one, str | bytes | list | tuple) and isinstance(other, int):
                if len(one) * other > MAX_CHARS:
                    raise TooMuchError(f"a product has more than {MAX_CHARS:,} characters or items")
                return super().call_binop(context, operator, left, right)
        if isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
            if bits > MAX_BITS:
                raise TooMuchError(f"a number has more than {MAX_BITS:,} bits")
        return super().call_binop(context, operator, left, right)


def _counted(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _step()
        yield item


def _step() -> None:
    left = _left.get()
    left[0] -= 1
    if left[0] < 0:
        raise TooMuchError(f"it takes more than {MAX_STEPS:,} steps")


def _printed(value: Any) -> Any:
    if value is None:
        raise PrintsNullError
    return value
