"""The generators that a suite.toml may name, and their use: an entry is checked, and its rows are made."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tasks.load.made.base import Generator, Options, Row
from tasks.load.made.long_document import LONG_DOCUMENT
from tasks.load.made.needle import NEEDLE

GENERATORS: Mapping[str, Generator] = {generator.name: generator for generator in (NEEDLE, LONG_DOCUMENT)}


@dataclass(frozen=True)
class Made:
    """A generator with its seed and options: all that the rows depend on."""

    generator: Generator
    seed: int
    options: Options

    @property
    def identity(self) -> list[object]:
        """What a suite's version is taken of; options that were not given are in it with their values."""
        options = self.options.model_dump(mode="json")
        return [self.generator.name, self.generator.version, self.seed, options]

    def rows(self) -> Iterator[Row]:
        """The rows, made.

        Raises: ValueError: the options cannot be met together.
        """
        return self.generator.make(self.seed, self.options)


def make_made(name: str, seed: int, options: Mapping[str, Any]) -> Made:
    """The generator of that name with its options.

    Raises: ValueError: there is no such generator or option, or a value that cannot be; a line for each.
    """
    if name not in GENERATORS:
        raise ValueError(f'name: there is no generator "{name}"{_hint(name, list(GENERATORS))}')
    generator = GENERATORS[name]
    try:
        # TOML has lists and no tuples; JSON's rules take the one for the other
        read = generator.options.model_validate(
            {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
        )
    except ValidationError as error:
        known = list(generator.options.model_fields)
        raise ValueError("\n".join(dict.fromkeys(_line(item, known) for item in error.errors()))) from error
    return Made(generator, seed, read)


def _line(item: Any, known: Sequence[str]) -> str:
    place = ".".join(map(str, item["loc"])) or "options"
    if item["type"] == "extra_forbidden":
        return f"{place}: there is no such option{_hint(str(item['loc'][-1]), known)}"
    return f"{place}: {str(item['msg']).removeprefix('Value error, ')} (it is {item['input']!r})"[:300]


def _hint(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(known)}"
