"""A response of a million characters written to hurt is read in bounded time, and never raises."""

import time
from typing import Any

import pytest

N = 1_000_000
TEXTS = {
    "open braces": "{" * N,
    "open brackets": "[" * N,
    "nested objects": '{"a":' * (N // 5),
    "nested lists that begin again": ('{"a":[' + "1," * 500) * (N // 1006),
    "broken objects": '{"' * (N // 2),
    "empty objects": "{}" * (N // 2),
    "escapes": '{"\\"' * (N // 4),
    "not numbers": '{"a":NaN,' * (N // 9),
    "backslashes": "\\" * N,
    "open boxes": "\\boxed{" * (N // 7),
    "keys": '"answer":"' * (N // 10),
    "digits": "1" * N,
    "a huge number": '{"answer":' + "1" * N + "}",
    "groups": "1,234," * (N // 6),
    "dots": "1.234." * (N // 6),
    "fractions": "1/" * (N // 2),
    "minus signs": "-" * N,
    "arabic digits": "٣" * N,
    "spaces": " " * N,
    "lines": "\n" * N,
    "fences": "```\n" * (N // 4),
    "answers": "answer is " * (N // 10),
    "letters": "A " * (N // 2),
    "emoji": "😀" * N,
    "lone surrogates": "\ud800" * N,
}
GRADERS: list[tuple[str, dict[str, Any]]] = [
    *(
        ("exact", {"extract": spec})
        for spec in ("json.answer", "boxed", "letter", "code", "sql", "((?:a+)+)$")
    ),
    ("numeric", {}),
    ("numeric", {"extract": "text"}),
    ("includes", {"whole": True}),
    ("regex", {"pattern": "^(1+)+$|(a|a)*$"}),
    ("choice", {}),
    ("json_only", {}),
    ("json_present", {}),
    ("json_schema", {"schema": {"type": "object"}}),
]
SECONDS = 15  # most take under 0.5 on an idle core, the worst 2; a quadratic one would take hours


@pytest.mark.slow
@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in TEXTS.items()])
def test_bounded(text: str, a_sample: Any, a_grader: Any) -> None:
    for kind, options in GRADERS:
        sample = a_sample("1", choices=("1", "2") if kind == "choice" else ())
        began = time.process_time()
        grade = a_grader(kind, **options).grade(sample, text)
        assert time.process_time() - began < SECONDS, kind
        assert grade.score in (0.0, 1.0)
        assert len(grade.answer or "") <= 20_000
