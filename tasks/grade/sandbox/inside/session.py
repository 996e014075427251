"""A conversation of two processes in which each may call the other's functions: tests and candidate.

    q line what parts       do something          r line value containers     what came of it
    w line thing            await something       x line exception containers it raised
    c line                  stop to await it

A line is a thread on one side and its partner on the other: while one waits for an answer, it serves what its
partner asks on the same line, so that a call back runs on the thread that called. A thread of the candidate's
own that calls the tests gets a thread there.

The tests' side serves only what was handed over, and of that only public attributes and operators. Whatever
breaks the protocol ends the conversation, and with it the tests: a broken one is never a pass.

Source: the idea of references by number and of bound threads is that of RPyC (rpyc.readthedocs.io).
"""

import asyncio
import itertools
import queue
import socket
import threading
import types
from collections.abc import Callable
from typing import Any

from tasks.grade.sandbox.inside import frames, standins
from tasks.grade.sandbox.inside.values import CannotCross, Decoder, Encoder, changed, snapshot

MAX_REFERENCES = 200_000
INNER = (
    types.GeneratorType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    types.FrameType,
    types.CodeType,
    types.TracebackType,
)
OF_GENERATORS = {"send", "throw", "close", "asend", "athrow", "aclose"}


class ConversationOver(BaseException):
    """The other side has ended, or speaks no sense; no `except Exception` of a test catches it."""


class Session:
    """One side of the conversation. `tests` are those who judge: they trust nothing, and may name anything."""

    def __init__(self, connection: socket.socket, *, tests: bool) -> None:
        self.trusts = not tests
        self.trusted = tests
        self._socket = connection
        self._sending = threading.Lock()
        self._numbers = itertools.count(2 if tests else 3, 2)
        self._mine: dict[int, Any] = {}  # what the other side knows of, by number
        self._by_id: dict[int, int] = {}  # id() of it
        self._theirs: dict[int, Any] = {}  # stand-ins by the other side's number
        self._exceptions: dict[int, int] = {}  # id() of those that are exceptions
        self._containers: dict[int, Any] = {}
        self._container_ids: dict[int, int] = {}
        self._known: set[int] = set()  # the candidate's classes that the tests name
        self._naming = False
        self._lines: dict[int, queue.SimpleQueue[Any]] = {}
        self._line = threading.local()
        self._awaits: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[Any]]] = {}
        self._tasks: dict[int, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.RLock()
        self.over: str | None = None

    # --- lines

    def start(self) -> None:
        """Read what the other side says, from now on; this thread is the first line."""
        self._line.key = 0
        self._lines[0] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True, name="reader").start()

    def serve(self) -> None:
        """Do what is asked on this thread's line until the conversation is over."""
        waiting = self._lines[self._line.key]
        while True:
            kind, *parts = waiting.get()
            if kind != "q":
                return
            self._do(parts)

    def ask(self, what: str, *parts: Any) -> Any:
        """Have the other side do something, and return what came of it, or raise what it raised."""
        key = self._key()
        waiting = self._lines[key]
        self._send(["q", key, what, *self._encoded(parts)])
        while True:
            kind, *rest = waiting.get()
            if kind == "q":
                self._do(rest)
                continue
            if kind == "over":
                waiting.put(("over",))
                raise ConversationOver(self.over)
            return self._settled(kind, rest)

    def names(self, wanted: list[str]) -> dict[str, Any]:
        """Of these names those that the candidate's module has; their classes are known from now on."""
        self._naming = True
        try:
            return dict(self.ask("names", wanted))
        finally:
            self._naming = False

    def _key(self) -> int:
        key = getattr(self._line, "key", None)
        if key is None:
            key = self._line.key = next(self._numbers)
            self._lines[key] = queue.SimpleQueue()
        return int(key)

    def _read(self) -> None:
        try:
            while (message := frames.receive(self._socket)) is not None:
                kind, key, *parts = message
                self._take(str(kind), int(key), parts)
            self._end("the program has ended")
        except Exception as error:  # noqa: BLE001 - whatever it is, the other side has caused it
            self._end(f"the program broke the protocol ({type(error).__name__}: {error})"[:300])

    def _take(self, kind: str, key: int, parts: list[Any]) -> None:
        if kind in {"r", "x"} and key in self._awaits:
            loop, future = self._awaits.pop(key)
            loop.call_soon_threadsafe(self._arrived, future, kind, parts)
        elif kind == "w":
            self._await(key, parts[0])
        elif kind == "c":
            task = self._tasks.get(key)
            if task is not None:
                task.cancel()
        elif kind == "q" and key not in self._lines:
            self._lines[key] = queue.SimpleQueue()
            self._lines[key].put((kind, key, *parts))
            threading.Thread(target=self._partner, args=(key,), daemon=True).start()
        else:
            self._lines[key].put((kind, key, *parts) if kind == "q" else (kind, *parts))

    def _partner(self, key: int) -> None:
        self._line.key = key
        self.serve()

    def _end(self, why: str) -> None:
        self.over = self.over or why
        for waiting in list(self._lines.values()):
            waiting.put(("over",))
        for loop, future in list(self._awaits.values()):
            loop.call_soon_threadsafe(future.cancel)

    def _send(self, message: Any) -> None:
        try:
            with self._sending:
                frames.send(self._socket, message)
        except OSError as error:
            raise ConversationOver(self.over or "the program has ended") from error

    # --- what is asked

    def _do(self, parts: list[Any]) -> None:
        key, what, *forms = parts
        decoder = Decoder(self)
        met: list[tuple[Any, list[Any]]] = []
        try:
            arguments = [decoder.decode(form) for form in forms]
            met = [(one, snapshot(one)) for one in decoder.met]
            kind, value = "r", self._act(str(what), arguments)
        except ConversationOver:
            raise
        except BaseException as error:  # noqa: BLE001 - it is the asker's
            kind, value = "x", error
        self._answer(key, kind, value, [one for one, before in met if changed(one, before)])

    def _answer(self, key: int, kind: str, value: Any, touched: list[Any]) -> None:
        try:
            message = [kind, key, *self._encoded([value, touched])]
            self._send(message)
        except (CannotCross, RecursionError, frames.FrameError, ValueError) as error:
            self._send(["x", key, *self._encoded([TypeError(f"a value cannot be passed on: {error}"), []])])

    def _act(self, what: str, arguments: list[Any]) -> Any:
        if what == "call":
            target, args, kwargs = arguments
            return target(*args, **kwargs)
        if what == "get":
            target, name = arguments
            self._check_public(target, name)
            return getattr(target, name)
        if what == "op":
            target, name, args = arguments
            if name not in standins.DUNDERS:
                raise AttributeError(name)
            return getattr(type(target), name)(target, *args)
        if what == "set" and self.trusts:
            setattr(*arguments)
            return None
        if what == "names" and self.trusts:
            return {name: self.module[name] for name in arguments[0] if name in self.module}
        raise CannotCross(f"nothing is done for {what}")

    module: dict[str, Any] = {}  # noqa: RUF012 - the candidate's names; set once, before anything is asked

    def _check_public(self, target: Any, name: Any) -> None:
        """What the candidate may see of the tests' objects."""
        if self.trusts:
            return
        if not isinstance(name, str) or name.startswith("_"):
            raise AttributeError(f"{name} is not to be seen from here")
        if isinstance(target, INNER) and name not in OF_GENERATORS:
            raise AttributeError(f"{name} is not to be seen from here")

    def _settled(self, kind: str, forms: list[Any]) -> Any:
        decoder = Decoder(self)
        value, _ = [decoder.decode(form) for form in forms]
        if kind == "r":
            return value
        if not isinstance(value, BaseException):
            raise CannotCross("what was raised is no exception")
        raise value

    def _encoded(self, parts: Any) -> list[Any]:
        encoder = Encoder(self)
        with self._lock:
            return [encoder.encode(part) for part in parts]

    # --- awaiting

    async def awaited(self, thing: Any) -> Any:
        """End when the other side has awaited a thing of its own; to be cancelled is passed on."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        key, future = next(self._numbers), loop.create_future()
        self._awaits[key] = (loop, future)
        self._send(["w", key, *self._encoded([thing])])
        while True:
            try:
                return await asyncio.shield(future)
            except asyncio.CancelledError:
                if future.done():
                    if self.over:
                        raise ConversationOver(self.over) from None
                    raise
                self._send(["c", key])

    def _arrived(self, future: "asyncio.Future[Any]", kind: str, forms: list[Any]) -> None:
        if future.done():
            return
        try:
            future.set_result(self._settled(kind, forms))
        except asyncio.CancelledError:
            future.cancel()
        except StopAsyncIteration as error:
            future.set_exception(error)
        except BaseException as error:  # noqa: BLE001 - it is for who awaits
            future.set_exception(error)

    def _await(self, key: int, form: Any) -> None:
        thing = Decoder(self).decode(form)

        async def waiting() -> None:
            self._tasks[key] = asyncio.current_task()
            try:
                kind, value = "r", await thing
            except ConversationOver:
                raise
            except BaseException as error:  # noqa: BLE001 - it is the asker's, a cancellation too
                kind, value = "x", error
            finally:
                del self._tasks[key]
            self._answer(key, kind, value, [])

        asyncio.run_coroutine_threadsafe(waiting(), self._running_loop())

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of this side: the tests' own, or one that runs for the candidate."""
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, daemon=True).start()
            return self._loop

    # --- references (values.References)

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
            if self._naming and isinstance(found, type):
                self._known.add(number)
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
        known = self.trusts or self._naming or any(base.__dict__.get("_known") for base in bases)
        if awaitable and not any(issubclass(base, BaseException) for base in bases):
            made = standins.awaitable_class(self, str(name))
        else:
            made = standins.stand_in_class(self, str(name), list(dunders), bases, known=known)
        type.__setattr__(made, "_number", number)
        type.__setattr__(made, "_known", known)
        return made

    def _plain_class(self, dunders: tuple[str, ...], awaitable: bool) -> type:
        if awaitable:
            return standins.awaitable_class(self, "awaitable")
        return standins.stand_in_class(self, "object", list(dunders), (), known=self.trusts)

    def _exception(self, number: int, parts: list[Any]) -> BaseException:
        kind, args, cause = parts
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise CannotCross("what was raised is no exception")
        if issubclass(kind, ConversationOver):
            raise CannotCross("no exception of the candidate's")
        try:
            made = kind.__new__(kind, *args) if isinstance(kind, standins.StandInClass) else kind(*args)
        except Exception:  # noqa: BLE001 - its own class does not take them
            made = kind.__new__(kind)
            made.args = tuple(args)
        made.__cause__ = cause if isinstance(cause, BaseException) else None
        self._exceptions[id(made)] = number
        return made

    def _coroutine(self, number: int) -> Any:
        stand_in = object.__new__(self._plain_class((), True))
        object.__setattr__(stand_in, "_number", number)
        return self.awaited(stand_in)


def _kind_of(value: object) -> dict[str, Any]:
    """What an object of a builtin class can do, where its class is of no interest."""
    return {"o": standins.dunders_of(type(value)), "w": hasattr(type(value), "__await__")}
