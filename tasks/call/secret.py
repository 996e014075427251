"""Keys and tokens, which show themselves to nobody who does not ask outright."""

from collections.abc import Iterator, Mapping
from typing import NoReturn

SIMULATED_KEY = "simulated"  # the loopback server's; it opens nothing
NO_KEY = "none"  # sent to servers that ask for no key, lest the SDK reads OPENAI_API_KEY for them


class Secret:
    """A key. It shows itself to nobody who does not call `reveal`, and cannot be pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself: for a client's constructor, and to scrub it from what others wrote."""
        return self._text

    @property
    def is_secret(self) -> bool:
        """False for the words that stand where no key is needed."""
        return self._text not in {SIMULATED_KEY, NO_KEY}

    def __repr__(self) -> str:
        """Never the key."""
        return "Secret(...)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        """A pickle is a file in the making."""
        raise TypeError("a key is not written down; resolve the endpoint where it is used")


class Token(Secret):
    """The token of the moment, none at first: scrubbed from what others wrote as a key is."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(NO_KEY)

    def renew(self, text: str) -> None:
        """Another token is in use from now on."""
        self._text = text


class Variables(Mapping[str, str]):
    """An environment, and what others hold for variables that it does not set. It shows no value by itself.

    Like a key it cannot be pickled, so that no task or result carries it to a disk.
    """

    __slots__ = ("_environ", "_held")

    def __init__(self, environ: Mapping[str, str], held: Mapping[str, str]) -> None:
        self._environ = environ
        self._held = {name: value for name, value in held.items() if not environ.get(name, "").strip()}

    def is_held(self, name: str) -> bool:
        """Whether the value is not the environment's."""
        return name in self._held

    @property
    def held(self) -> frozenset[str]:
        """The names whose value is not the environment's."""
        return frozenset(self._held)

    def __getitem__(self, name: str) -> str:
        """The value that counts: the environment's, unless it is blank there."""
        return self._held[name] if name in self._held else self._environ[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter({**self._environ, **self._held})

    def __len__(self) -> int:
        """How many names there are."""
        return len({**self._environ, **self._held})

    def __repr__(self) -> str:
        """Never a value."""
        return "Variables(...)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        """A pickle is a file in the making."""
        raise TypeError("keys are not written down; they are read where they are used")
