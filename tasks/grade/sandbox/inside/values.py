"""Values as they cross between tests and candidate: what is plain by value, all else as a reference.

    None, bool, int, float, str                 as JSON
    bytes, complex, range, dates, Decimal, ...  by value, as a list that begins with its kind
    tuple, frozenset, namedtuple                by value
    list, dict, set, bytearray, deque           by value with an id: either side knows the other's object
                                                again, so that `is` holds, and what one changes both see
    exceptions, classes, everything else        as a reference: whose it is, and its number

A value is rebuilt from builtin types alone. An instance of a subclass of one (an `int` whose `__eq__` says
yes to everything) arrives as what its base holds; an object of another class as a stand-in (standins.py).
"""

import base64
import datetime
import decimal
import enum
import fractions
import importlib
import sys
import types
import uuid
from collections import Counter, OrderedDict, deque, namedtuple
from collections.abc import Callable, Iterable
from pathlib import PurePath, PurePosixPath
from typing import Any, Protocol

MAX_DEPTH = 200
EXACT = 1 << 53  # whole numbers up to here are JSON's own
SHARED = (list, dict, set, bytearray, deque)
MAPS = {"": dict, "OrderedDict": OrderedDict, "Counter": Counter}
# Classes that either side knows by name; of others only exceptions of the standard library.
NAMED = frozenset(
    {"builtins", "datetime", "decimal", "fractions", "collections", "uuid", "pathlib", "asyncio.exceptions"}
)


class CannotCross(TypeError):
    """A value that has no form between the two sides."""


class References(Protocol):
    """What a session knows of references (session.py)."""

    trusts: bool  # whether the other side may name any class, function or module of the standard library
    trusted: bool  # whether this one may

    def refer(self, value: Any, encode: Callable[[Any], Any]) -> Any:
        """The form of an object that has no value."""

    def resolve(self, form: Any, decode: Callable[[Any], Any]) -> Any:
        """The object that such a form stands for."""

    def number(self, container: Any) -> int:
        """The id of a container, given at its first crossing."""

    def container(self, number: int, make: Callable[[], Any] | None) -> Any:
        """The container of an id; a new and empty one where it is not known.

        Raises: KeyError: it is not known and cannot be made.
        """


class Encoder:
    """Turns values into JSON, one message each."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._seen: set[int] = set()
        self._depth = 0

    def encode(self, value: Any) -> Any:
        """The JSON form of a value.

        Raises: CannotCross: it is nested too deeply.
        """
        kind = type(value)
        if value is None or kind is bool or kind is str or kind is float:
            return value
        if kind is int:
            return value if -EXACT < value < EXACT else ["i", hex(value)]
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                raise CannotCross("a value is nested too deeply")
            return self._encode(value, kind)
        finally:
            self._depth -= 1

    def _encode(self, value: Any, kind: type) -> Any:
        if kind is tuple:
            return ["t", self._all(value)]
        if kind in SHARED or isinstance(value, dict | list | set | bytearray | deque):
            return self._shared(value)
        if isinstance(value, type):
            named = name_of_class(value)
            return ["T", *named] if named else self._references.refer(value, self.encode)
        written = _plain(value) or (self._references.trusted and _named(value)) or None
        if written is not None:
            return written
        if isinstance(value, tuple):
            fields = getattr(kind, "_fields", None) or _fields_of_sequence(kind)
            items = self._all(tuple.__iter__(value))
            if isinstance(fields, tuple) and len(fields) == len(items) and all(map(_is_name, fields)):
                return ["n", str(kind.__name__), list(fields), items]
            return ["t", items]
        if isinstance(value, frozenset):
            return ["f", self._all(frozenset.__iter__(value))]
        if isinstance(value, slice):
            return ["S", self._all((value.start, value.stop, value.step))]
        if isinstance(value, str | int | float) and not isinstance(value, enum.Enum):
            return self.encode(_base_value(value))
        if isinstance(value, enum.Enum) and isinstance(value, str | int):
            return self.encode(value.value)
        return self._references.refer(value, self.encode)

    def _shared(self, value: Any) -> Any:
        number = self._references.number(value)
        if number in self._seen:
            return ["a", number]
        self._seen.add(number)
        if isinstance(value, dict):
            name = next((name for name, kind in MAPS.items() if name and isinstance(value, kind)), "")
            pairs = [[self.encode(key), self.encode(item)] for key, item in dict.items(value)]
            return ["d", number, pairs, name]
        if isinstance(value, bytearray):
            return ["B", number, base64.b64encode(bytes(value)).decode()]
        if isinstance(value, deque):
            return ["q", number, self._all(deque.__iter__(value)), value.maxlen]
        if isinstance(value, set):
            return ["s", number, self._all(set.__iter__(value))]
        return ["l", number, self._all(list.__iter__(value))]

    def _all(self, items: Iterable[Any]) -> list[Any]:
        return [self.encode(item) for item in items]


class Decoder:
    """Turns JSON into values again; what is no form of a value is an error of the other side."""

    def __init__(self, references: References) -> None:
        self._references = references
        self.met: list[Any] = []  # the containers of this message

    def decode(self, form: Any) -> Any:
        """The value of a form.

        Raises: ValueError, TypeError, KeyError, IndexError, ...: it is none.
        """
        if not isinstance(form, list):
            if isinstance(form, dict):
                raise CannotCross("no form of a value")
            return form
        kind, *rest = form
        reader = _READERS.get(kind)
        if reader is not None:
            return reader(rest[0])
        if kind in {"t", "f", "S"}:
            items = [self.decode(item) for item in rest[0]]
            return tuple(items) if kind == "t" else frozenset(items) if kind == "f" else slice(*items)
        if kind == "n":
            return _named_tuple(str(rest[0]), rest[1])(*[self.decode(item) for item in rest[2]])
        if kind == "a":
            return self._references.container(int(rest[0]), None)
        if kind in _REFILLED:
            return self._shared(kind, rest)
        if kind in {"T", "M"}:
            return of_name(str(rest[0]), str(rest[1]), anything=self._references.trusts)
        return self._references.resolve(form, self.decode)

    def _shared(self, kind: str, rest: list[Any]) -> Any:
        """The container itself, with what it holds now."""
        make, clear, fill = _REFILLED[kind]
        if kind == "d":
            make = MAPS[rest[2]]
        elif kind == "q":
            make = lambda: deque(maxlen=rest[2])  # noqa: E731
        found = self._references.container(int(rest[0]), make)
        items: Any
        if kind == "B":
            items = base64.b64decode(rest[1])
        elif kind == "d":
            items = [(self.decode(key), self.decode(item)) for key, item in rest[1]]
        else:
            items = [self.decode(item) for item in rest[1]]
        clear(found)
        fill(found, items)
        self.met.append(found)
        return found


def snapshot(container: Any) -> list[Any]:
    """The items of a container as they are now, to be compared by identity."""
    if isinstance(container, dict):
        return [part for pair in dict.items(container) for part in pair]
    return list(container)


def changed(container: Any, before: list[Any]) -> bool:
    """Whether a container's own items are others than before."""
    now = snapshot(container)
    return len(now) != len(before) or any(one is not other for one, other in zip(now, before, strict=True))


def name_of_class(kind: type) -> tuple[str, str] | None:
    """Module and name by which the other side knows a class; None for all but the standard library's."""
    module, name = kind.__module__, kind.__qualname__
    if not isinstance(module, str) or not _allowed(module, kind):
        return None
    found = sys.modules.get(module)
    return (module, name) if getattr(found, name, None) is kind else None


def of_name(module: str, name: str, *, anything: bool) -> Any:
    """The class of a name; with `anything` also another object of the standard library, or a module of it.

    Raises: CannotCross: there is none, or it may not be named.
    """
    if module.partition(".")[0] not in sys.stdlib_module_names:
        raise CannotCross(f"no class {module}.{name}")
    home = importlib.import_module(module)
    found: Any = getattr(home, name, None) if name else home
    if not anything and not (isinstance(found, type) and _allowed(module, found)):
        raise CannotCross(f"no class {module}.{name}")
    return found


def _allowed(module: str, kind: type) -> bool:
    if module in NAMED:
        return True
    return issubclass(kind, BaseException) and module.partition(".")[0] in sys.stdlib_module_names


def _named(value: Any) -> list[str] | None:
    """A module or a function of the standard library, by its name."""
    if isinstance(value, types.ModuleType):
        module, name = value.__name__, ""
    elif isinstance(value, types.FunctionType | types.BuiltinFunctionType):
        module, name = str(value.__module__), value.__qualname__
    else:
        return None
    found = sys.modules.get(module)
    if module.partition(".")[0] not in sys.stdlib_module_names or module == "__main__":
        return None
    return ["M", module, name] if (getattr(found, name, None) if name else found) is value else None


def _fields_of_sequence(kind: type) -> tuple[str, ...] | None:
    """The names of what `os.stat` and its like return; those without one are numbered."""
    named, unnamed = getattr(kind, "__match_args__", None), getattr(kind, "n_unnamed_fields", None)
    if not isinstance(named, tuple) or not isinstance(unnamed, int):
        return None
    return (*named, *(f"field_{n}" for n in range(unnamed)))


def _is_name(text: Any) -> bool:
    return isinstance(text, str) and text.isidentifier() and not text.startswith("_")


def _named_tuple(name: str, fields: list[str]) -> Any:
    if not all(map(_is_name, fields)):
        raise CannotCross("no fields of a namedtuple")
    return namedtuple(name if name.isidentifier() else "Row", fields)


def _base_value(value: Any) -> Any:
    if isinstance(value, str):
        return str.__str__(value)
    return int.__pos__(value) if isinstance(value, int) else float.__pos__(value)


def _plain(value: Any) -> Any:
    """The form of a value of the standard library; None for all others."""
    kind = type(value)
    if kind is bytes:
        return ["b", base64.b64encode(value).decode()]
    if kind is complex:
        return ["c", [value.real, value.imag]]
    if kind is range:
        return ["r", [value.start, value.stop, value.step]]
    if value is Ellipsis:
        return ["E", None]
    if value is NotImplemented:
        return ["N", None]
    if kind is datetime.datetime and (value.tzinfo is None or type(value.tzinfo) is datetime.timezone):
        return ["dt", [value.isoformat(), value.fold]]
    if kind is datetime.date:
        return ["date", value.isoformat()]
    if kind is datetime.time and value.tzinfo is None:
        return ["time", value.isoformat()]
    if kind is datetime.timedelta:
        return ["delta", [value.days, value.seconds, value.microseconds]]
    if kind is datetime.timezone:
        return ["zone", value.utcoffset(None).total_seconds()]
    if kind is decimal.Decimal:
        return ["dec", str(value)]
    if kind is fractions.Fraction:
        return ["frac", [hex(value.numerator), hex(value.denominator)]]
    if kind is uuid.UUID:
        return ["uuid", str(value)]
    if isinstance(value, PurePath) and kind.__module__.startswith("pathlib"):
        return ["pure" if not hasattr(value, "exists") else "path", str(value)]
    return None


def _path(text: Any) -> Any:
    from pathlib import Path

    return Path(str(text))


# How to make an empty container of each kind, empty it, and fill it: by the base's own methods.
_REFILLED: dict[str, tuple[Callable[[], Any], Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "l": (list, list.clear, list.extend),
    "d": (dict, dict.clear, dict.update),
    "s": (set, set.clear, set.update),
    "q": (deque, deque.clear, deque.extend),
    "B": (bytearray, bytearray.clear, bytearray.extend),
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "i": lambda text: int(text, 16),
    "b": base64.b64decode,
    "c": lambda parts: complex(*parts),
    "r": lambda parts: range(*parts),
    "E": lambda _: Ellipsis,
    "N": lambda _: NotImplemented,
    "dt": lambda parts: datetime.datetime.fromisoformat(parts[0]).replace(fold=parts[1]),
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "delta": lambda parts: datetime.timedelta(*parts),
    "zone": lambda seconds: datetime.timezone(datetime.timedelta(seconds=seconds)),
    "dec": decimal.Decimal,
    "frac": lambda parts: fractions.Fraction(int(parts[0], 16), int(parts[1], 16)),
    "uuid": uuid.UUID,
    "pure": PurePosixPath,
    "path": _path,
}
