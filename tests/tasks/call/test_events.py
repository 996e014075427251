"""Server-sent events are read as the standard says, in whatever pieces they come, and within bounds."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call import events
from tasks.call.events import Event, EventReader, Unreadable


def read(*chunks: bytes) -> list[Event]:
    reader = EventReader()
    found = [event for chunk in chunks for event in reader.feed(chunk)]
    found += reader.finish()
    assert reader.n == len(found)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"data: 1\n\n", [("", b"1")], id="LF"),
        pytest.param(b"data: 1\r\n\r\ndata: 2\r\n\r\n", [("", b"1"), ("", b"2")], id="CR LF"),
        pytest.param(b"data: 1\r\rdata: 2\r\r", [("", b"1"), ("", b"2")], id="CR"),
        pytest.param(b"event: ping\ndata: {}\n\n", [("ping", b"{}")], id="a name"),
        pytest.param(b"data:1\n\ndata:  2\n\n", [("", b"1"), ("", b" 2")], id="one blank after the colon"),
        pytest.param(b"data: a\ndata: b\ndata\n\n", [("", b"a\nb\n")], id="lines of data are joined"),
        pytest.param(b": keep-alive\n\nid: 7\nretry: 10\ndata: 1\n\n", [("", b"1")], id="other fields"),
        pytest.param(b"event: error\n\ndata: 1\n\n", [("", b"1")], id="a name without data is no event"),
        pytest.param(b"\xef\xbb\xbfdata: 1\n\n", [("", b"1")], id="a BOM at the start"),
        pytest.param(b"data: 1", [("", b"1")], id="cut off by the end"),
        pytest.param(b"data: 1\ndata: 2\n", [("", b"1\n2")], id="the last empty line is missing"),
        pytest.param(b"<html>busy</html>\n\n", [], id="no events"),
        pytest.param(b"", [], id="nothing"),
    ],
)
def test_events(text: bytes, expected: list[tuple[str, bytes]]) -> None:
    assert read(text) == [Event(*one) for one in expected]
    assert read(*(text[i : i + 1] for i in range(len(text)))) == [Event(*one) for one in expected]


LINES = st.lists(
    st.sampled_from([b"data: x", b"data:", b"event: e", b": c", b"", b"data: \xff\x00", b"nonsense"]),
    max_size=20,
)


@given(LINES, st.sampled_from([b"\n", b"\r\n", b"\r"]), st.lists(st.integers(0, 60), max_size=6))
def test_pieces_change_nothing(lines: list[bytes], end: bytes, cuts: list[int]) -> None:
    text = end.join(lines) + end
    at = [0, *sorted(cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(at)]
    assert read(*pieces) == read(text)


@given(st.binary(max_size=200))
def test_any_bytes_are_events_or_none(text: bytes) -> None:
    lines = re.split(rb"\r\n|\r|\n", text.removeprefix(b"\xef\xbb\xbf"))
    fields = [line for line in lines if line.partition(b":")[0] == b"data"]
    assert sum(len(event.data.split(b"\n")) for event in read(text)) == len(fields)


@pytest.mark.parametrize("piece", [b"x" * 4096, b"data: " + b"x" * 4000, b"data: " + b"x" * 4000 + b"\n"])
def test_what_has_no_end_is_refused_before_it_fills_the_memory(
    piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_LINE", 2**20)
    reader, taken = EventReader(), 0

    def feed() -> None:
        nonlocal taken
        for _ in range(10_000):
            list(reader.feed(piece))
            taken += len(piece)

    with pytest.raises(Unreadable, match="more than 1 MiB"):
        feed()
    assert taken <= 2**20 + 50_000
