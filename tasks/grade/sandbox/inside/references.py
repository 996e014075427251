"""What each side knows of the other's objects: the numbers it gave its own, and stand-ins for the other's."""

import types
from collections.abc import Callable, Iterator
from typing import Any

from tasks.grade.sandbox.inside import standins
from tasks.grade.sandbox.inside.values import CannotCross

MAX_REFERENCES = 200_000


class ConversationOver(BaseException):
    """The other side has ended, or speaks no sense; no `except Exception` of a test catches it."""


class References:
    """The references of one side of a conversation; see values.References."""

    def __init__(self, line: standins.Line, numbers: Iterator[int], *, tests: bool) -> None:
        self.trusts = not tests
        self.trusted = tests
        self.naming = False  # while the tests ask for the names that they use
        self._line = line
        self._numbers = numbers
        self._mine: dict[int, Any] = {}  # what the other side knows of, by number
        self._by_id: dict[int, int] = {}  # id() of it
        self._theirs: dict[int, Any] = {}  # stand-ins by the other side's number
        self._exceptions: dict[int, int] = {}  # id() of those that are exceptions
        self._containers: dict[int, Any] = {}
        self._container_ids: dict[int, int] = {}

    def number(self, container: Any) -> int:
        """The id of a container, given at its first crossing."""
        found = self._container_ids.get(id(container))
        if found is None:
            found = next(self._numbers)
            self._keep(found, container)
        return found

    def container(self, number: int, make: Callable[[], Any] | None) -> Any:
        """The container of an id; a new and empty one where it is not known."""
        if number not in self._containers:
            if make is None:
                raise KeyError(number)
            self._keep(number, make())
        return self._containers[number]

    def _keep(self, number: int, container: Any) -> None:
        if len(self._containers) > MAX_REFERENCES:
            raise CannotCross("too many values were passed on")
        self._containers[number] = container
        self._container_ids[id(container)] = number

    def refer(self, value: Any, encode: Callable[[Any], Any]) -> Any:
        """The form of an object that has no value."""
        if isinstance(value, standins.StandIn) and "_number" in vars(value):
            return ["p", vars(value)["_number"]]
        if isinstance(value, standins.StandInClass) and value.__dict__.get("_owned"):
            return ["p", value.__dict__["_number"]]
        if id(value) in self._exceptions:
            return ["p", self._exceptions[id(value)]]
        found = self._by_id.get(id(value))
        first = found is None
        if found is None:
            if len(self._mine) > MAX_REFERENCES:
                raise CannotCross("too many objects were passed on")
            found = next(self._numbers)
            self._mine[found], self._by_id[id(value)] = value, found
        if isinstance(value, type):
            return ["C", found, self._class_parts(value, encode)] if first else ["o", found]
        if isinstance(value, BaseException):
            if not first:
                return ["o", found]
            cause = value.__cause__
            return ["e", found, encode(type(value)), encode(value.args), encode(cause)]
        if isinstance(value, types.CoroutineType):
            return ["co", found]
        return ["o", found, encode(type(value)) if self._is_classed(value) else _kind_of(value)]

    def _is_classed(self, value: object) -> bool:
        """Whether the class of an object is worth to be known by itself."""
        return type(value).__module__ not in {"builtins", "functools", "contextlib", "asyncio.locks"}

    def _class_parts(self, kind: type, encode: Callable[[Any], Any]) -> list[Any]:
        bases = [encode(base) for base in kind.__bases__ if base is not object]
        return [kind.__name__, standins.dunders_of(kind), bases, hasattr(kind, "__await__")]

    def resolve(self, form: Any, decode: Callable[[Any], Any]) -> Any:
        """The object that such a form stands for."""
        kind, number, *rest = form
        number = int(number)
        if kind == "p":
            return self._mine[number]
        found = self._theirs.get(number)
        if found is not None:
            return found
        if len(self._theirs) > MAX_REFERENCES:
            raise CannotCross("too many objects were passed on")
        if kind == "C":
            found = self._class(number, rest[0], decode)
        elif kind == "e":
            found = self._exception(number, [decode(part) for part in rest])
        elif kind == "co":
            return self._coroutine(number)
        elif kind == "o":
            described = rest[0]
            if isinstance(described, dict):
                found = self._plain_class(tuple(described["o"]), bool(described["w"]))
            else:
                found = decode(described)
            if not (isinstance(found, type) and issubclass(found, standins.StandIn)):
                found = self._plain_class(tuple(standins.dunders_of(found)), hasattr(found, "__await__"))
            found = object.__new__(found)
            object.__setattr__(found, "_number", number)
        else:
            raise CannotCross("no form of a value")
        self._theirs[number] = found
        return found

    def _class(self, number: int, parts: list[Any], decode: Callable[[Any], Any]) -> type:
        name, dunders, forms, awaitable = parts
        bases = tuple(base for base in map(decode, forms) if isinstance(base, type))
        known = self.trusts or self.naming or any(base.__dict__.get("_known") for base in bases)
        if awaitable and not any(issubclass(base, BaseException) for base in bases):
            made = standins.awaitable_class(self._line, str(name))
        else:
            made = standins.stand_in_class(self._line, str(name), list(dunders), bases, known=known)
        type.__setattr__(made, "_number", number)
        type.__setattr__(made, "_known", known)
        return made

    def _plain_class(self, dunders: tuple[str, ...], awaitable: bool) -> type:
        if awaitable:
            return standins.awaitable_class(self._line, "awaitable")
        return standins.stand_in_class(self._line, "object", list(dunders), (), known=self.trusts)

    def _exception(self, number: int, parts: list[Any]) -> BaseException:
        kind, args, cause = parts
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise CannotCross("what was raised is no exception")
        if issubclass(kind, ConversationOver):
            raise CannotCross("no exception of the candidate's")
        try:
            made = BaseException.__new__(kind, *args) if _is_stand_in(kind) else kind(*args)
        except Exception:  # noqa: BLE001 - its own class does not take them
            made = BaseException.__new__(kind)
            made.args = tuple(args)
        made.__cause__ = cause if isinstance(cause, BaseException) else None
        self._exceptions[id(made)] = number
        return made

    def _coroutine(self, number: int) -> Any:
        stand_in: Any = object.__new__(self._plain_class((), True))
        object.__setattr__(stand_in, "_number", number)
        return self._line.awaited(stand_in)


def _is_stand_in(kind: type) -> bool:
    return isinstance(kind, standins.StandInClass)


def _kind_of(value: object) -> dict[str, Any]:
    """What an object of a builtin class can do, where its class is of no interest."""
    return {"o": standins.dunders_of(type(value)), "w": hasattr(type(value), "__await__")}
