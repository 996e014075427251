"""JSON Schema (Draft 2020-12) over what a model wrote: no network, and in bounded time.

Four keywords of the jsonschema package are replaced because their time is not bounded by the instance's
size: `pattern`, `patternProperties` and `additionalProperties` (Python's `re`), `uniqueItems` (quadratic).
Nothing is fetched: a `$ref` that leads out of the schema is refused before a run.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from tasks.grade.formats import format_checker
from tasks.grade.linear import linear_pattern
from tasks.grade.text import shown
from tasks.model import Sample, canonical_json
from warehouse.errors import SuiteError

MAX_VALUE_CHARS = 1_000_000
SCALARS = frozenset({"string", "number", "integer", "boolean", "null"})
_NO_SCHEMA_INSIDE = frozenset({"enum", "const", "default", "examples"})


def sample_schema(sample: Sample, column: str) -> Mapping[str, Any] | None:
    """The schema in a column of the sample: JSON text or a struct; None where there is none.

    Raises: SuiteError: it is neither.
    """
    value = sample.row.get(column)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise SuiteError(
                f'sample "{shown(sample.sample_id)}": the column "{column}" is not JSON: {error}. '
                "Mend samples.sql."
            ) from error
    if value is None or isinstance(value, Mapping):
        return value
    raise SuiteError(
        f'sample "{shown(sample.sample_id)}": the column "{column}" holds {type(value).__name__}, '
        "not a JSON Schema object. Mend samples.sql."
    )


def wants_scalar(schema: Mapping[str, Any]) -> bool:
    """Whether the schema says by type, const or enum that a scalar will do."""
    kinds = schema.get("type")
    if kinds is not None:
        return bool(SCALARS.intersection([kinds] if isinstance(kinds, str) else kinds))
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    return any(not isinstance(value, dict | list) for value in values)


def first_violation(schema: Mapping[str, Any], value: Any) -> str | None:
    """What in the value breaks the schema first, or None.

    Raises: SuiteError: a reference in the schema leads nowhere.
    """
    from referencing.exceptions import Unresolvable

    try:
        error = next(validator_of(schema).iter_errors(value), None)
    except Unresolvable as broken:
        raise SuiteError(f"the JSON Schema refers to what it does not hold: {broken}") from broken
    except RecursionError:
        return "nested deeper than can be validated"
    return None if error is None else f"{shown(error.json_path)}: {shown(error.message)}"


def validator_of(schema: Mapping[str, Any]) -> Any:
    """The checked validator of a schema; equal schemas share one.

    Raises: ValueError: it is no schema, refers elsewhere, or holds a pattern that is none.
    """
    return _validator(canonical_json(schema).decode("utf-8", "surrogatepass"))


@lru_cache(maxsize=1024)
def _validator(schema_text: str) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    schema = json.loads(schema_text)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"no JSON Schema: {error.json_path}: {shown(error.message)}") from error
    registry: Registry[Any] = Registry()
    for part, resolver in _subschemas(
        schema, registry.resolver_with_root(DRAFT202012.create_resource(schema))
    ):
        for pattern in [part.get("pattern"), *part.get("patternProperties", ())]:
            if isinstance(pattern, str):
                linear_pattern(pattern, any_script=False)
        if "unevaluatedProperties" in part and "patternProperties" in schema_text:
            raise ValueError("unevaluatedProperties beside patternProperties is not supported")
        for reference in (part.get("$ref"), part.get("$dynamicRef")):
            try:
                if isinstance(reference, str):
                    resolver.lookup(reference)
            except Unresolvable as error:
                raise ValueError(f'"$ref": "{reference}" leads out of the schema') from error
    validator = _bounded_class()(schema, registry=registry, format_checker=format_checker())
    try:
        next(validator.iter_errors({}), None)
    except RecursionError as error:
        raise ValueError("its references lead round in a circle") from error
    return validator


@lru_cache(maxsize=1)
def _bounded_class() -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    return extend(  # type: ignore[no-untyped-call] # the stubs leave it open
        Draft202012Validator,
        {
            "pattern": _pattern,
            "patternProperties": _pattern_properties,
            "additionalProperties": _additional_properties,
            "uniqueItems": _unique_items,
        },
    )


def _subschemas(part: Any, resolver: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Each object in the schema, with what resolves the references in it (an `$id` changes their base)."""
    from referencing.jsonschema import DRAFT202012

    if isinstance(part, Mapping):
        if isinstance(part.get("$id"), str):
            resolver = resolver.in_subresource(DRAFT202012.create_resource(part))
        yield part, resolver
    for key, member in part.items() if isinstance(part, Mapping) else enumerate(part):
        if isinstance(member, Mapping | list) and key not in _NO_SCHEMA_INSIDE:
            yield from _subschemas(member, resolver)


def _found(pattern: str, text: str) -> bool:
    return linear_pattern(pattern, any_script=False).found(text)


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not _found(pattern, instance):
        yield _violation(f'"{shown(instance)}" does not match {pattern}')


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, part in patterns.items():
            for key, member in instance.items():
                if _found(pattern, key):
                    yield from validator.descend(member, part, path=key, schema_path=pattern)


def _additional_properties(validator: Any, extra: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key, member in instance.items():
        if key in known or any(_found(pattern, key) for pattern in patterns):
            continue
        if extra is False:
            yield _violation(f'there should be no "{shown(key)}"')
        elif isinstance(extra, Mapping):
            yield from validator.descend(member, extra, path=key)


def _unique_items(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    if wanted and isinstance(instance, list) and len({_identity(item) for item in instance}) < len(instance):
        yield _violation("the items are not all different")


def _identity(value: Any) -> str:
    """Equal for values that JSON Schema calls equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(sorted(f"{json.dumps(key)}:{_identity(part)}" for key, part in value.items()))
            + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(map(_identity, value)) + "]"
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value)


def _violation(message: str) -> Any:
    from jsonschema.exceptions import ValidationError

    return ValidationError(message)
