"""Faults and limits: which tries fail follows from key and number of the try, and a retry passes."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.simulated.buckets import Account
from tasks.call.simulated.faults import Attempts, fault_of
from tasks.call.simulated.reply import CallKey
from tasks.call.simulated.settings import Faults, Limits

MIXED = Faults.model_validate({kind: 0.1 for kind, _ in Faults().retryable})


def key(n: int) -> CallKey:
    return CallKey("m", UUID(int=n), str(n))


def test_every_fault_occurs_as_often_as_its_rate_says() -> None:
    drawn = [fault_of(0, key(n), 0, MIXED) for n in range(4000)]
    for kind, rate in MIXED.retryable:
        assert drawn.count(kind) / 4000 == pytest.approx(rate, abs=0.02)
    assert drawn.count(None) / 4000 == pytest.approx(1 - 0.1 * len(MIXED.retryable), abs=0.035)


@given(st.integers(0, 5), st.integers(0, 200))
def test_a_call_passes_after_max_in_a_row_faults_at_the_latest(most: int, n: int) -> None:
    faults = Faults(server_error=1.0, max_in_a_row=most)
    attempts = Attempts()
    drawn = [attempts.next_fault(0, key(n), faults) for _ in range(most + 1)]
    assert drawn == ["server_error"] * most + [None]


def test_an_answered_call_that_is_asked_again_meets_the_same_faults() -> None:
    def fate(n: int) -> list[str | None]:
        drawn: list[str | None] = []
        while not drawn or drawn[-1] is not None:
            drawn.append(attempts.next_fault(7, key(n), MIXED))
        attempts.answered(key(n))
        return drawn

    attempts = Attempts()
    first = [fate(n) for n in range(50)]
    assert [fate(n) for n in reversed(range(50))] == first[::-1]


def test_rates_beyond_all_requests_are_refused() -> None:
    with pytest.raises(ValueError, match=r"add up to 1\.2"):
        Faults(reset=0.6, cut=0.6)


def test_a_bucket_starts_full_and_refills_all_the_time() -> None:
    account = Account({"m": Limits(requests_per_minute=120, burst_s=2.0)})
    assert [account.take("m", 1, 0, 100.0) is None for _ in range(5)] == [True] * 4 + [False]
    denied = account.take("m", 1, 0, 100.0)
    assert denied is not None
    assert (denied.kind, denied.limit) == ("requests", 120)
    assert denied.wait_s == pytest.approx(0.5)
    assert account.take("m", 1, 0, 100.5) is None
    assert account.take("m", 1, 0, 100.5) is not None


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(1, 400)), max_size=60))
def test_no_more_passes_than_burst_and_rate_allow(visits: list[tuple[float, int]]) -> None:
    account = Account({"*": Limits(input_tokens_per_minute=6000, burst_s=3.0)})  # 100/s, a bucket of 300
    now, passed = 0.0, 0
    for wait, tokens in visits:
        now += wait
        if account.take("m", tokens, 0, now) is None:
            passed += tokens
    assert passed <= 300 + 100 * now + 100 + 1e-6  # the largest request beyond a whole bucket: 400


def test_a_request_beyond_a_whole_bucket_passes_when_it_is_full_and_leaves_a_debt() -> None:
    account = Account({"*": Limits(input_tokens_per_minute=60, burst_s=10.0)})
    assert account.take("m", 25, 0, 0.0) is None
    denied = account.take("m", 1, 0, 0.0)
    assert denied is not None
    assert denied.wait_s == pytest.approx(16.0)


def test_output_is_weighed_when_it_is_known() -> None:
    account = Account({"*": Limits(output_tokens_per_minute=60, burst_s=10.0)})
    assert account.take("m", 1, 5000, 0.0) is None
    account.spend("m", 30)
    denied = account.take("m", 1, 0, 0.0)
    assert denied is not None
    assert denied.kind == "output_tokens"
    assert denied.wait_s == pytest.approx(21.0)


def test_max_tokens_weigh_only_where_the_vendor_counts_them() -> None:
    plain = Account({"*": Limits(input_tokens_per_minute=600)})
    counting = Account({"*": Limits(input_tokens_per_minute=600, counts_max_tokens=True)})
    for account, remaining in ((plain, 40), (counting, 10)):
        account.take("m", 10, 30, 0.0)
        assert account.levels("m", 0.0)[0].remaining == remaining


def test_a_model_without_limits_has_no_levels() -> None:
    account = Account({"other": Limits(requests_per_minute=1)})
    assert account.take("m", 1, 0, 0.0) is None
    assert account.levels("m", 0.0) == []
