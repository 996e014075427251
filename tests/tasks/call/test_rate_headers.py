"""Rate-limit headers of both vendors become counts and seconds; what is odd becomes nothing."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.rate_headers import (
    RateHeaders,
    parse_rate_headers,
    reset_s,
    retry_after_s,
    server_now,
)

NOW = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)


def test_anthropic_tells_times() -> None:
    headers = {
        "anthropic-ratelimit-requests-limit": "4000",
        "anthropic-ratelimit-requests-remaining": "3999",
        "anthropic-ratelimit-requests-reset": "2026-11-25T04:30:01Z",
        "anthropic-ratelimit-input-tokens-limit": "400000",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-25T04:30:30.5Z",
        "anthropic-ratelimit-output-tokens-limit": "80000",
        "anthropic-ratelimit-output-tokens-remaining": "79000",
        "anthropic-ratelimit-output-tokens-reset": "2026-11-25T05:30:00+01:00",
        "anthropic-ratelimit-tokens-limit": "480000",
        "anthropic-ratelimit-tokens-remaining": "79000",
        "anthropic-ratelimit-tokens-reset": "2026-11-25T04:29:00Z",
    }
    limits = parse_rate_headers(headers, NOW)
    assert limits == RateHeaders(4000, 3999, 1.0, 480000, 79000, 0.0, 400000, 0, 30.5, 80000, 79000, 0.0)
    assert limits is not None
    assert limits.exhausted_for_s() == 30.5


def test_openai_tells_durations() -> None:
    headers = {
        "x-ratelimit-limit-requests": "5000",
        "x-ratelimit-limit-tokens": "160000",
        "x-ratelimit-remaining-requests": "4999",
        "x-ratelimit-remaining-tokens": "159976",
        "x-ratelimit-reset-requests": "12ms",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    limits = parse_rate_headers(headers, NOW)
    assert limits == RateHeaders(5000, 4999, 0.012, 160000, 159976, 360.0)
    assert limits is not None
    assert limits.exhausted_for_s() is None


def test_no_such_headers_are_no_limits() -> None:
    assert parse_rate_headers({"content-type": "application/json"}, NOW) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360.0),
        ("120ms", 0.12),
        ("1.5s", 1.5),
        ("1h2m3s", 3723.0),
        ("1d", 86400.0),
        ("0s", 0.0),
        ("250µs", 0.00025),
        ("60", 60.0),
        ("8.64s", 8.64),
        pytest.param("6m 0s", None, id="not Go's form"),
        pytest.param("soon", None, id="a word"),
        pytest.param("-5s", None, id="negative"),
        pytest.param("inf", None, id="infinite"),
        pytest.param("999999999d", None, id="beyond belief"),
        pytest.param("1" * 100 + "s", None, id="too long to be one"),
        pytest.param("", None, id="empty"),
    ],
)
def test_reset(text: str, seconds: float | None) -> None:
    assert reset_s(text, NOW) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"retry-after": "20"}, 20.0, id="seconds"),
        pytest.param({"retry-after": "0.5"}, 0.5, id="half a second"),
        pytest.param({"retry-after-ms": "1500", "retry-after": "9"}, 1.5, id="milliseconds first"),
        pytest.param({"retry-after": "Wed, 25 Nov 2026 04:30:07 GMT"}, 7.0, id="a date"),
        pytest.param({"retry-after": "Wed, 25 Nov 2026 04:00:00 GMT"}, 0.0, id="a date that is past"),
        pytest.param({"retry-after": "nan"}, None, id="not a number"),
        pytest.param({"retry-after": "-3"}, None, id="negative"),
        pytest.param({"retry-after-ms": "x", "retry-after": "3"}, 3.0, id="odd milliseconds"),
        pytest.param({"retry-after": "99999999999"}, 604800.0, id="at most a week"),
        pytest.param({}, None, id="absent"),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, NOW) == seconds


def test_the_servers_clock_counts() -> None:
    theirs = NOW + timedelta(hours=1)
    assert server_now({"date": format_datetime(theirs, usegmt=True)}, NOW) == theirs
    assert server_now({"date": "yesterday"}, NOW) == NOW


@given(st.floats(0, 86400), st.sampled_from(["s", "ms", "m", "h"]))
def test_a_duration_reads_back(value: float, unit: str) -> None:
    text = f"{value:.3f}{unit}"
    factor = {"s": 1, "ms": 0.001, "m": 60, "h": 3600}[unit]
    expected = float(f"{value:.3f}") * factor
    assert reset_s(text, NOW) == (pytest.approx(expected) if expected <= 7 * 86400 else None)


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "date"]), st.text(max_size=40)))
def test_no_header_text_is_an_error_or_a_negative_wait(headers: dict[str, str]) -> None:
    wait = retry_after_s(headers, server_now(headers, NOW))
    assert wait is None or wait >= 0


@given(st.text(max_size=70))
def test_no_reset_text_is_an_error_or_a_negative_wait(text: str) -> None:
    headers = dict.fromkeys(
        ("anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-reset"), text
    )
    limits = parse_rate_headers(headers, NOW)
    if limits is not None:
        assert (limits.requests_reset_s or 0) >= 0
        assert (limits.requests_limit or 0) >= 0
