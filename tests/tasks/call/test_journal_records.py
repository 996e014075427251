"""A line of the journal gives back exactly what was recorded, and no damaged line passes for a whole one."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.journal_records import (
    MAX_N,
    AttemptBegin,
    AttemptEnd,
    begin_line,
    decode,
    end_line,
    head_line,
    header,
    is_whole,
    parse,
)
from tasks.model import Answer, Usage
from tests.tasks.call.journal_cases import START, answered, failed
from tests.tasks.cases import key_of
from warehouse.errors import WarehouseError

any_text = st.text(st.characters(exclude_categories=()), max_size=60)  # lone surrogates too
tokens = st.integers(0, 2**70)
usages = st.builds(Usage, tokens, tokens, tokens, tokens, tokens, tokens, st.booleans())
moments = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)).map(lambda when: when.replace(tzinfo=UTC))
seconds = st.floats(0, allow_nan=False, allow_infinity=False)
maybe_text = st.none() | any_text
answers = st.builds(
    Answer,
    text=maybe_text,
    stop_reason=st.sampled_from(["stop", "length", "refusal", "content_filter", "tool", "other"]),
    raw_stop_reason=maybe_text,
    usage=st.none() | usages,
    reasoning=maybe_text,
    served_model=maybe_text,
    fingerprint=maybe_text,
    request_id=maybe_text,
    error_kind=maybe_text,
    error=maybe_text,
    ttft_s=st.none() | seconds,
)


@st.composite
def ends(draw: st.DrawFn) -> AttemptEnd:
    answer = draw(st.none() | answers)
    outcome: Literal["answered", "failed"] = "answered" if answer and draw(st.booleans()) else "failed"
    same_usage = answer is not None and draw(st.booleans())
    return AttemptEnd(
        call_key=draw(st.uuids()),
        n=draw(st.integers(1, MAX_N)),
        started_at=draw(moments),
        ended_at=draw(moments),
        latency_s=draw(seconds),
        queued_s=draw(seconds),
        http_status=draw(st.none() | st.integers(100, 599)),
        outcome=outcome,
        error_kind=draw(maybe_text),
        error=draw(maybe_text),
        endpoint=draw(any_text),
        final=True if outcome == "answered" else draw(st.booleans()),
        answer=answer,
        usage=answer.usage if answer and same_usage else draw(st.none() | usages),
        reserved_usd=draw(st.none() | st.decimals(0, 1000, places=12)),
    )


@given(ends(), st.integers(0, 2**60))
def test_an_end_comes_back_as_it_was(end: AttemptEnd, at: int) -> None:
    line = end_line(end, at)
    assert is_whole(line)
    assert decode(line, "here") == end
    assert parse(line)["reserved_usd"] == (None if end.reserved_usd is None else str(end.reserved_usd))
    head = header(line)
    assert head is not None
    assert (head.kind, head.at, head.call_key, head.n) == ("end", at, end.call_key.int, end.n)
    assert (head.answered, head.final) == (end.outcome == "answered", end.final)


@given(st.uuids(), st.integers(1, MAX_N), moments, st.none() | st.decimals(0, 10**6, places=12))
def test_a_begin_comes_back_as_it_was(key: UUID, n: int, when: datetime, reserved: Decimal | None) -> None:
    line = begin_line(key, n, when, reserved, 7)
    assert is_whole(line)
    assert decode(line, "here") == AttemptBegin(key, n, when, reserved)
    head = header(line)
    assert head is not None
    assert (head.kind, head.at, head.call_key, head.n) == ("begin", 7, key.int, n)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a\nb\r\nc\x0b\x0c\x1c\x85\u2028\u2029", id="every kind of line break"),
        pytest.param("\x00\x01\x1b[2J", id="NUL and control characters"),
        pytest.param("\ud800 and \udfff", id="lone surrogates"),
        pytest.param("\U0001f600 \u200b\ufeff\u202e", id="emoji, zero width, BOM, right to left"),
        pytest.param('"}\n{"crc":"00000000","kind":"end"', id="text that looks like a record"),
        pytest.param("", id="empty"),
    ],
)
def test_hostile_text_stays_one_line_of_json(text: str) -> None:
    end = answered(1, text=text)
    line = end_line(end, 1)
    assert line.count(b"\n") == 1
    assert min(line[:-1]) >= 0x20
    assert json.loads(line)["answer"]["text"] == text
    assert decode(line, "here") == end


@given(st.data())
def test_no_changed_byte_and_no_prefix_is_whole(data: st.DataObject) -> None:
    line = end_line(answered(3), 5)
    place = data.draw(st.integers(0, len(line) - 1))
    flip = data.draw(st.integers(1, 255))
    damaged = line[:place] + bytes([line[place] ^ flip]) + line[place + 1 :]
    # The checksum's own hex digits have two spellings, upper and lower case, of one number.
    assert not is_whole(damaged) or damaged.lower() == line.lower()
    assert not is_whole(line[:place])


def test_a_time_in_another_zone_is_kept_as_utc_and_one_without_a_zone_is_refused() -> None:
    there = START.astimezone(timezone(timedelta(hours=11)))
    assert parse(end_line(replace(answered(1), started_at=there), 1))["started_at"] == "2026-03-01T02:00:00Z"
    with pytest.raises(ValueError, match="no time zone"):
        begin_line(key_of(1), 1, datetime(2026, 3, 1), None, 1)


@pytest.mark.parametrize("n", [0, -1, MAX_N + 1])
def test_an_attempt_number_out_of_range_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="attempt number"):
        end_line(failed(1, n), 1)


def test_an_answered_attempt_without_answer_or_not_final_is_refused() -> None:
    with pytest.raises(ValueError, match="has an answer and is final"):
        replace(answered(1), answer=None)
    with pytest.raises(ValueError, match="has an answer and is final"):
        replace(answered(1), final=False)


def test_a_head_names_run_schema_process_and_time() -> None:
    line = head_line("nightly-1", 4711, 1_772_330_400_000_001)
    fields = parse(line)
    assert (fields["run_id"], fields["schema"], fields["pid"]) == ("nightly-1", 1, 4711)
    assert fields["created_at"] == "2026-03-01T02:00:00.000001Z"
    head = header(line)
    assert head is not None
    assert head.kind == "head"


def test_a_line_that_is_no_record_says_where_it_lies() -> None:
    with pytest.raises(WarehouseError, match=r"1\.jsonl, byte 12: not a record .* schema 1"):
        decode(b'{"crc":"00000000","kind":"end"}\n', "1.jsonl, byte 12")
