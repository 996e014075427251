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
import importlib
import itertools
import queue
import socket
import threading
import types
from typing import Any

from tasks.grade.sandbox.inside import frames, standins
from tasks.grade.sandbox.inside.references import ConversationOver, References
from tasks.grade.sandbox.inside.values import CannotCross, Decoder, Encoder, changed, snapshot

INNER = (
    types.GeneratorType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    types.FrameType,
    types.CodeType,
    types.TracebackType,
)
OF_GENERATORS = {"send", "throw", "close", "asend", "athrow", "aclose"}


class Session:
    """One side of the conversation. `tests` are those who judge: they trust nothing, and name anything."""

    def __init__(self, connection: socket.socket, *, tests: bool) -> None:
        self.trusts = not tests
        self._socket = connection
        self._sending = threading.Lock()
        self._numbers = itertools.count(2 if tests else 3, 2)
        self._references = References(self, self._numbers, tests=tests)
        self._lines: dict[int, queue.SimpleQueue[Any]] = {}
        self._line = threading.local()
        self._awaits: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[Any]]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._cancelled: set[int] = set()
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
        self._references.naming = True
        try:
            return dict(self.ask("names", wanted))
        finally:
            self._references.naming = False

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
            self._running_loop().call_soon_threadsafe(self._cancel, key)
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
        decoder = Decoder(self._references)
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
        if what == "import" and self.trusts:
            return importlib.import_module(arguments[0])
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
        decoder = Decoder(self._references)
        value, _ = [decoder.decode(form) for form in forms]
        if kind == "r":
            return value
        if not isinstance(value, BaseException):
            raise CannotCross("what was raised is no exception")
        raise value

    def _encoded(self, parts: Any) -> list[Any]:
        encoder = Encoder(self._references)
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
        except BaseException as error:  # noqa: BLE001 - it is for who awaits
            future.set_exception(error)

    def _await(self, key: int, form: Any) -> None:
        thing = Decoder(self._references).decode(form)

        async def waiting() -> None:
            task = asyncio.current_task()
            assert task is not None, "it is awaited in a task"
            self._tasks[key] = task
            if key in self._cancelled:
                task.cancel()
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

    def _cancel(self, key: int) -> None:
        """Stop what is awaited under a key, also where it has not begun."""
        if key in self._tasks:
            self._tasks[key].cancel()
        else:
            self._cancelled.add(key)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of this side: the tests' own, or one that runs for the candidate."""
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, daemon=True).start()
            return self._loop
