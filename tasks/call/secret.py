"""Keys and tokens, which show themselves to nobody who does not ask outright."""

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
