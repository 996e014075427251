"""The JSON in the response fits a JSON Schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tasks.grade.base import Grader, failed, lacking, verdict
from tasks.grade.jsontext import Found, values_within, whole_value, with_numbers
from tasks.grade.schema import MAX_VALUE_CHARS, first_violation, sample_schema, validator_of, wants_scalar
from tasks.grade.text import shown
from tasks.model import Grade, Sample

OPENING = {"object": "{", "array": "["}


@dataclass(frozen=True, kw_only=True)
class JsonSchema(Grader):
    """The first complete JSON value of the answer fits the schema (Draft 2020-12, formats checked).

    The schema is the option `schema`, or the sample's `column`: JSON text or a struct. A schema that
    wants an object passes over arrays amid the prose (`[1]`), and the other way round. References lead
    only within the schema and to the drafts' own: nothing is fetched. Patterns are RE2
    (tasks/grade/linear.py). A value of more than a million characters is wrong.
    """

    type: ClassVar[str] = "json_schema"

    column: str = "schema"
    schema: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.schema is not None:
            validator_of(self.schema)

    def check(self, sample: Sample) -> None:
        """Refuse a sample without a usable schema."""
        try:
            validator_of(self._schema(sample))
        except ValueError as error:
            raise lacking(sample, f'has a "{self.column}" that cannot be used: {error}') from error

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Pass where the value has no violation."""
        schema = self._schema(sample)
        found = _value(answer, schema)
        if found is None:
            return failed("unparsable", "no complete JSON value in the response")
        written = answer[found.start : found.end]
        if len(written) > MAX_VALUE_CHARS:
            return failed("wrong", f"the value is longer than {MAX_VALUE_CHARS} characters", written)
        try:
            violation = first_violation(schema, with_numbers(found.value))
        except ValueError as error:
            return failed("wrong", str(error), written)
        return verdict(violation is None, written, violation or "fits the schema")

    def _schema(self, sample: Sample) -> Mapping[str, Any]:
        schema = self.schema if self.schema is not None else sample_schema(sample, self.column)
        if schema is None:
            raise lacking(sample, f'has no "{shown(self.column)}", which "json_schema" needs')
        return schema


def _value(answer: str, schema: Mapping[str, Any]) -> Found | None:
    try:
        return Found(0, len(answer), whole_value(answer))
    except ValueError:
        kind = schema.get("type")
        opening = OPENING.get(kind, "{[") if isinstance(kind, str) else "{["
        found = next(values_within(answer, opening), None)
    if found is None and wants_scalar(schema):
        for line in answer.splitlines():
            try:
                start = answer.find(line)
                return Found(start, start + len(line), whole_value(line))
            except ValueError:
                continue
    return found
