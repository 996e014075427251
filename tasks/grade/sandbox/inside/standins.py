"""Stand-ins: how one side holds an object, a class or an exception of the other.

For each class of the other side there is a class here, with the same name and those operators that the other
side's class has. So `isinstance`, `except`, `with`, `for`, `await` and `len` do what they do at home;
each is a message. A class that an exception comes from derives from the same builtin exception.

What the tests may ask of an object of the candidate is narrower (`NEUTRAL`) where the tests do not name its
class: an object of a class they never heard of is equal to nothing and no number, whatever its methods say.
"""

from collections.abc import Callable
from typing import Any, Protocol

OPERATORS = """
    call len length_hint iter next reversed contains getitem setitem delitem enter exit aenter aexit aiter
    anext bool int float complex index round trunc floor ceil abs neg pos invert eq ne lt le gt ge hash
    add radd iadd sub rsub isub mul rmul imul matmul rmatmul truediv rtruediv floordiv rfloordiv mod rmod
    divmod rdivmod pow rpow and rand or ror xor rxor lshift rlshift rshift rrshift str repr format
    fspath bytes
""".split()  # noqa: SIM905 - a list of so many words is not to be read
DUNDERS = tuple(f"__{name}__" for name in OPERATORS)
NEUTRAL = {f"__{name}__" for name in ("call", "iter", "next", "enter", "exit")} | {
    f"__{name}__" for name in ("aenter", "aexit", "aiter", "anext")
}
MIXED = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}


class Line(Protocol):
    """What a stand-in needs of the session it belongs to."""

    trusts: bool

    def ask(self, what: str, *parts: Any) -> Any:
        """Have the other side do something, and return what came of it."""

    def awaited(self, thing: Any) -> Any:
        """A coroutine that ends when the other side has awaited the thing."""


class StandInClass(type):
    """The class of stand-ins' classes: calling one makes an object on the other side."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an object there, or here where the class was derived here."""
        if not cls.__dict__.get("_owned"):
            return super().__call__(*args, **kwargs)
        return cls._session.ask("call", cls, args, kwargs)

    def __getattr__(cls, name: str) -> Any:
        """An attribute of the class itself."""
        if "_number" not in cls.__dict__ or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(f"type object '{cls.__name__}' has no attribute '{name}'")
        return cls._session.ask("get", cls, name)

    def __iter__(cls) -> Any:
        """What the class yields, as an enumeration does."""
        return iter(cls._session.ask("op", cls, "__iter__", ()))

    def __getitem__(cls, key: Any) -> Any:
        """What the class holds under a key, as an enumeration does."""
        return cls._session.ask("op", cls, "__getitem__", (key,))


class StandIn(metaclass=StandInClass):
    """An object of the other side."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._session.ask("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """The tests may set what is the candidate's; what a candidate sets stays with the candidate."""
        session: Line = self._session
        if session.trusts:
            object.__setattr__(self, name, value)
        else:
            session.ask("set", self, name, value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of the other side>"


def stand_in_class(
    session: Line, name: str, dunders: list[str], bases: tuple[type, ...], *, known: bool
) -> type:
    """The class here for one of the other side; `known` are those whose every operator counts."""
    own: dict[str, Any] = {"_session": session, "_owned": True, "__module__": "candidate"}
    exceptional = tuple(base for base in bases if issubclass(base, BaseException))
    for dunder in dunders:
        if dunder in DUNDERS and (known or dunder in NEUTRAL) and not (exceptional and dunder == "__repr__"):
            own[dunder] = _operator(dunder)
    if "__eq__" in own and "__hash__" not in own:
        own["__hash__"] = object.__hash__ if "__hash__" not in dunders else _operator("__hash__")
    if exceptional:
        own["__getattr__"] = _exception_attribute
        return StandInClass(name, exceptional, own)
    return StandInClass(name, tuple(base for base in bases if issubclass(base, StandIn)) or (StandIn,), own)


def awaitable_class(session: Line, name: str) -> type:
    """The class of what the other side can await, and is no coroutine."""

    def waits(self: Any) -> Any:
        return session.awaited(self).__await__()

    own = {"_session": session, "_owned": True, "__module__": "candidate", "__await__": waits}
    return StandInClass(name, (StandIn,), own)


def dunders_of(kind: type) -> list[str]:
    """Of the operators those that a class has by more than being an object or an exception."""
    plain = (object.__dict__, BaseException.__dict__)
    found = []
    for dunder in DUNDERS:
        home = next((base for base in kind.__mro__ if dunder in base.__dict__), None)
        if (
            home is not None
            and home.__dict__[dunder] is not None
            and not any(home.__dict__[dunder] is own.get(dunder) for own in plain)
        ):
            found.append(dunder)
    return found


def _operator(dunder: str) -> Callable[..., Any]:
    def operator(self: Any, *args: Any) -> Any:
        session: Line = self._session
        if dunder in MIXED and not session.trusts and not isinstance(args[0], StandIn):
            return NotImplemented  # the candidate's object does not say what the tests' values are equal to
        if dunder == "__exit__" or dunder == "__aexit__":
            args = (*args[:2], None)  # a traceback stays at home
        if dunder == "__call__":
            return session.ask("call", self, args, {})
        return session.ask("op", self, dunder, args)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self._session.ask("call", self, args, kwargs)

    made = call if dunder == "__call__" else operator
    made.__name__ = dunder
    return made


def _exception_attribute(self: Any, name: str) -> Any:
    if name.startswith("__") and name.endswith("__"):
        raise AttributeError(name)
    return type(self)._session.ask("get", self, name)
