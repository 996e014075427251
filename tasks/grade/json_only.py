"""The response is JSON and nothing else; and whether there was JSON at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tasks.grade.base import Grader, failed, verdict
from tasks.grade.jsontext import values_within, whole_value
from tasks.grade.schema import sample_schema, wants_scalar
from tasks.grade.text import shown
from tasks.model import Grade, Sample


@dataclass(frozen=True, kw_only=True)
class _AboutJson(Grader):
    """What both have: a `schema` (or the column that holds it) says whether a scalar is wanted."""

    column: str = "schema"
    schema: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.extract != "text":
            raise ValueError(f'extract = "{self.extract}": "{self.type}" looks at the whole response')

    def check(self, sample: Sample) -> None:
        """Refuse a sample whose schema is no JSON."""
        self._scalar(sample)

    def grade(self, sample: Sample, answer: str) -> Grade:
        """Judge the whole response, white space and all."""
        return self.compare(sample, answer)

    def _scalar(self, sample: Sample) -> bool:
        schema = self.schema if self.schema is not None else sample_schema(sample, self.column)
        return schema is not None and wants_scalar(schema)


@dataclass(frozen=True, kw_only=True)
class JsonOnly(_AboutJson):
    """The response, trimmed of JSON's own white space, is one RFC 8259 value and nothing else.

    An object or array, unless the sample's schema wants a scalar. No fence, no word before or after, no
    NaN, no byte order mark, no comment. A name that comes twice passes, since RFC 8259 only advises
    against it; deeper than 100 levels does not. Whether the value fits the schema is `json_schema`'s.
    """

    type: ClassVar[str] = "json_only"

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Pass where the response parses whole."""
        try:
            value = whole_value(answer)
        except ValueError as error:
            return failed("wrong", f"not JSON alone: {shown(str(error))}", answer)
        if isinstance(value, dict | list) or self._scalar(sample):
            return verdict(True, answer, "JSON and nothing else")
        return failed("wrong", "JSON, but neither an object nor an array", answer)


@dataclass(frozen=True, kw_only=True)
class JsonPresent(_AboutJson):
    """There is a complete JSON object or array somewhere in the response: fenced, or amid prose.

    A scalar counts only where the sample's schema wants one, and alone on a line.
    """

    type: ClassVar[str] = "json_present"

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Pass where a value is found."""
        if next(values_within(answer), None) is not None:
            return verdict(True, answer, "there is a JSON value")
        if self._scalar(sample) and any(_is_value(line) for line in [answer, *answer.splitlines()]):
            return verdict(True, answer, "there is a JSON scalar")
        return failed("wrong", "no complete JSON value in the response", answer)


def _is_value(line: str) -> bool:
    try:
        whole_value(line)
    except ValueError:
        return False
    return True
