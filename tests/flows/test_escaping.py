"""Text of a model is text on a page: no markup, no HTML, no link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.escaping import LONGEST, escape, escaped_table, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;", id="html"),
        pytest.param("[a](x)", r"\[a\]\(x\)", id="link"),
        pytest.param("![a](x)", r"\!\[a\]\(x\)", id="picture"),
        pytest.param("# one\n## two", r"\# one \#\# two", id="headings become a line"),
        pytest.param("https://evil.example", "https&#58;//evil&#46;example", id="bare address"),
        pytest.param("www.evil.example", "www&#46;evil&#46;example", id="bare name"),
        pytest.param("a@b.c", "a&#64;b&#46;c", id="mail"),
        pytest.param("`rm`", r"\`rm\`", id="code"),
        pytest.param("&lt;b&gt;", "&amp;lt;b&amp;gt;", id="entities"),
        pytest.param("0.75", "0&#46;75", id="a number is read as one"),
        pytest.param("a\u202eb\x00c", "a b c", id="what is not printed"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(st.text())
def test_nothing_is_left_that_could_begin_markup(text: str) -> None:
    shown = escape(text)
    assert "<" not in shown
    assert ">" not in shown
    assert "://" not in shown
    assert "\n" not in shown
    bare = [c for before, c in zip(" " + shown, shown, strict=False) if c in "`*_[]!" and before != "\\"]
    assert bare == []


def test_a_cell_stays_a_cell() -> None:
    lines = escaped_table([{"a|b": "x | y\n| z"}])
    assert len(lines) == 3
    assert lines[2].replace("\\|", "").count("|") == 2


def test_long_text_keeps_its_ends() -> None:
    shown = shortened("a" * 1000 + "z")
    assert shown.startswith("aaa")
    assert shown.endswith("z")
    assert len(shown) < LONGEST + 20
    assert shortened(None) == "(nothing)"
