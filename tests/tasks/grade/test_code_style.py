"""code_style: what is counted, of which language, and that no text of a model's breaks it."""

import pytest

from tasks.grade.code_style import CodeStyle
from tasks.grade.measures import make_measures
from tasks.model import GraderConfig
from warehouse.errors import SuiteError

CODE = '''"""A module."""
import os


class Pool:
    """Connections."""

    def take(self, n: int) -> int:
        # at most one
        try:
            if n > 1 and n < 9:
                return 1
        except ValueError:
            pass
        except:
            raise
        return n


async def later(x, y: int):
    for one in range(y):
        if one:
            await x
'''
WANTED = {
    "lines": 23,
    "blank_lines": 5,
    "comment_lines": 1,
    "code_lines": 17,
    "comment_share": 1 / 18,
    "functions": 2,
    "classes": 1,
    "async_functions": 1,
    "imports": 1,
    "nesting": 2,
    "try_blocks": 1,
    "bare_excepts": 1,
    "broad_excepts": 0,
    "typed_share": 3 / 5,
    "docstring_share": 1 / 3,
    "complexity_mean": (5 + 3) / 2,
    "complexity_max": 5,
}


@pytest.mark.parametrize(("name", "value"), WANTED.items())
def test_what_is_counted(name: str, value: float) -> None:
    found = CodeStyle().measure(f"Here it is:\n```python\n{CODE}```\nDone.")
    assert found[name] == pytest.approx(value), found


def test_sql_has_what_can_be_counted_in_any_language() -> None:
    found = CodeStyle(extract="sql", language="sql").measure("```sql\n-- all\nselect 1\n\nfrom t\n```")
    assert (found["lines"], found["comment_lines"], found["code_lines"]) == (4, 1, 2)
    assert "functions" not in found


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("(" * 10_000, id="brackets"),
        pytest.param("x = " + "-" * 100_000 + "1", id="signs"),
        pytest.param("not " * 50_000 + "x", id="nots"),
        pytest.param("\0", id="a null"),
        pytest.param("def f(:\n", id="no Python"),
        pytest.param("a = 1\n" * 100_000, id="long"),
        pytest.param("".join("  " * i + "if x:\n" for i in range(500)), id="indented"),
        pytest.param("x" * 300_000, id="one line"),
        pytest.param("f" + "(x)" * 5_000, id="calls"),
        pytest.param("a" + ".b" * 5_000, id="attributes"),
        pytest.param("x = " + " if 1 else ".join("x" * 3_000), id="conditions"),
        pytest.param("\ud800", id="a lone surrogate"),
    ],
)
def test_no_text_breaks_it(code: str) -> None:
    found = CodeStyle().measure(code)
    assert found["lines"] >= 1
    assert all(value == value and value >= 0 for value in found.values())


def test_no_code_has_no_measures() -> None:
    assert CodeStyle().measure("  \n") == {}


@pytest.mark.parametrize(
    ("type_", "options", "says"),
    [
        ("code_stile", {}, 'no measure of type "code_stile"'),
        ("code_style", {"langage": "sql"}, 'has no option "langage"'),
        ("code_style", {"language": "cobol"}, 'the option "language" is'),
    ],
)
def test_a_measure_that_cannot_be_made_is_refused(type_: str, options: dict[str, str], says: str) -> None:
    with pytest.raises(SuiteError, match=says):
        make_measures([GraderConfig(type_, options)], "suite.toml")
