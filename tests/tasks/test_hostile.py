"""Text that others wrote is text on a page: no markup, no HTML, no link."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flows.pages.summary import markdown_table
from tasks.hostile import LONGEST, in_code, in_markdown, on_a_line, shortened

ANY = st.text(
    alphabet=st.characters(codec="utf-8") | st.sampled_from("\\`*_~[]()<>!&#|-+=.:/@$=1\n "), max_size=60
)


def rendered(page: str) -> str:
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(page))


def plain(text: str) -> str:
    return text.replace("\u200b", "")


@given(ANY)
def test_any_text_is_shown_as_it_is_and_is_no_markup(given_text: str) -> None:
    shown = rendered(f"- **x** {in_markdown(given_text)}.")
    inside = shown.removeprefix("<ul>\n<li><strong>x</strong> ").removesuffix(".</li>\n</ul>\n")
    assert not {"<", ">"} & set(inside)
    assert plain(unescape(inside)) == plain(on_a_line(given_text))


@given(ANY.filter(lambda text: bool(plain(on_a_line(text)).strip())))
def test_a_line_of_its_own_is_a_paragraph_and_no_heading_list_or_rule(given_text: str) -> None:
    shown = rendered(in_markdown(given_text))
    inside = shown.removeprefix("<p>").removesuffix("</p>\n")
    assert not {"<", ">"} & set(inside)
    assert plain(unescape(inside)).strip() == plain(on_a_line(given_text)).strip()


@given(ANY, ANY)
def test_a_cell_stays_a_cell(name: str, value: str) -> None:
    lines = markdown_table([{f"n{name}n": f"v{value}v", "last": 1}])
    assert len(lines) == 3
    html = rendered("\n".join(lines))
    assert html.count("<td>") == 2
    cell = html.partition("<td>")[2].partition("</td>")[0]
    assert not {"<", ">"} & set(cell)
    assert plain(unescape(cell)) == plain(on_a_line(f"v{value}v"))


@pytest.mark.parametrize("text", ["-4.7", "1,200", "75.3 %", "a.b", "2026-11-27", "0.75 (p = 4e-5)"])
def test_figures_read_as_they_are(text: str) -> None:
    assert in_markdown(text) == text


@pytest.mark.parametrize(
    "address", ["https://e.vil", "HTTP://e.vil", "www.e.vil", "a@e.vil", "ftp://e.vil", "mailto:a@e.vil"]
)
def test_a_bare_address_is_no_link_even_where_they_are_looked_for_after_escapes(address: str) -> None:
    shown = unescape(rendered(in_markdown(address)))  # what remark's plugin for such links looks at
    assert address in plain(shown)
    assert address not in shown


def test_a_line_is_one_line_and_its_middle_is_left_out() -> None:
    assert on_a_line("a\n b\tc\x07") == "a b c\N{REPLACEMENT CHARACTER}"
    assert on_a_line("x" * 50 + "y" * 50, 25) == "xxxxxxxxxx ... yyyyyyyyyy"
    assert in_code("a`b\nc") == "`a'b c`"
    shown = shortened("a" * 1000 + "z")
    assert shown.startswith("aaa")
    assert shown.endswith("z")
    assert len(shown) <= LONGEST
    assert shortened(None) == "(nothing)"
