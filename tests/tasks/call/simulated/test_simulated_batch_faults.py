"""What goes wrong with batches, as the settings say, and what the ledger then knows better."""

import json
from typing import Any

import anthropic
import httpx2
import openai
import pytest

from tasks.call.simulated.service import Service
from tests.tasks.call.simulated.batch_clients import NAMES, Api, Clock, Files, Messages, Name, ids, talk

ALL = pytest.mark.parametrize("name", NAMES)
FILES = pytest.mark.parametrize("name", ["openai", "azure"])
OVER = 1.01
ERRORS = (anthropic.APIError, openai.APIError)
GONE = (anthropic.NotFoundError, openai.NotFoundError)


async def kinds(api: Api, clock: Clock, service: Service) -> Any:
    """The batch of 200 requests at its end, what became of each, and the ledger."""
    batch = await api.create(ids(200))
    clock.set(OVER)
    batch = await api.retrieve(batch.id)
    outcomes = await api.outcomes(batch.id)
    return batch, [outcomes[one].kind for one in ids(200)], service.read_ledger()


@ALL
def test_a_share_of_the_requests_is_errored_and_expired_and_that_is_not_billed(name: Name) -> None:
    batch, found, ledger = talk(kinds, name, {"errored": 0.2, "expired": 0.3})
    assert batch_status(batch) == ("ended" if name == "anthropic" else "expired")
    assert 40 <= found.count("expired") <= 80
    assert 15 <= found.count("errored") <= 50
    assert found.count("succeeded") == 200 - found.count("expired") - found.count("errored")
    told = {total["outcome"]: total for total in ledger["totals"]}
    assert {outcome: total["requests"] for outcome, total in told.items()} == {
        "answered": found.count("succeeded"),
        "error": found.count("errored"),
        "expired": found.count("expired"),
    }
    assert told["error"]["input_tokens"] == told["expired"]["input_tokens"] == 0
    assert told["answered"]["input_tokens"] > 0


@ALL
def test_what_was_errored_passes_at_a_later_time(name: Name) -> None:
    async def again(api: Api, clock: Clock, service: Service) -> Any:
        rounds, left = [], ids(30)
        for n in range(5):
            batch = await api.create(left)
            clock.now += 101
            outcomes = await api.outcomes(batch.id)
            left = sorted(one for one, outcome in outcomes.items() if outcome.kind != "succeeded")
            rounds.append(len(left))
            if not left:
                break
            assert n < 4
        return rounds, service.read_ledger()

    rounds, ledger = talk(again, name, {"errored": 0.5})
    assert rounds[0] > 5
    assert rounds[-1] == 0
    assert len(rounds) <= 4, "three times in a row at the most"
    assert max(ledger["accepted"].values()) == len(rounds)
    assert ledger["paid_again"] == {}


@FILES
def test_a_completed_batch_may_be_without_an_output_file(name: Name) -> None:
    batch, found, _ = talk(kinds, name, {"without_output": 1.0})
    assert (batch.status, batch.output_file_id) == ("completed", None)
    assert batch.error_file_id
    assert set(found) == {"errored"}
    assert (batch.request_counts.completed, batch.request_counts.failed) == (0, 200)


def test_all_requests_of_anthropics_may_be_errored() -> None:
    batch, found, _ = talk(kinds, "anthropic", {"without_output": 1.0})
    assert set(found) == {"errored"}
    assert batch.request_counts.errored == 200


@FILES
def test_a_completed_batch_may_be_without_any_file_and_was_billed(name: Name) -> None:
    async def lose(api: Files, clock: Clock, service: Service) -> Any:
        batch = await api.create(ids(5))
        clock.set(OVER)
        return await api.retrieve(batch.id), service.read_ledger()

    batch, ledger = talk(lose, name, {"without_files": 1.0})
    assert (batch.status, batch.output_file_id, batch.error_file_id) == ("completed", None, None)
    assert batch.request_counts.completed == 5
    assert [row["outcome"] for row in ledger["rows"]] == ["answered"] * 5


@FILES
def test_files_that_there_are_not_have_no_id_or_an_empty_one(name: Name) -> None:
    async def clean(api: Files, clock: Clock, service: Service) -> Any:
        batch = await api.create(ids(2))
        clock.set(OVER)
        done = await api.retrieve(batch.id)
        error = (await api.client.files.content(done.error_file_id)).content if done.error_file_id else None
        return batch.output_file_id, done.error_file_id, error

    before, after, content = talk(clean, name)
    assert before == ("" if name == "azure" else None)
    if name == "azure":
        assert content == b"", "Azure makes an empty one"
    else:
        assert after is None
        assert talk(clean, name, {"blank_ids": True})[:2] == ("", "")


@ALL
def test_the_vendor_may_cancel_a_batch_half_way(name: Name) -> None:
    batch, found, _ = talk(kinds, name, {"cancelled": 1.0})
    assert batch_status(batch) == ("ended" if name == "anthropic" else "cancelled")
    assert 60 <= found.count("succeeded") <= 140
    assert found.count("canceled") == 200 - found.count("succeeded")


@ALL
def test_a_batch_may_vanish_and_what_it_had_done_was_billed(name: Name) -> None:
    async def vanish(api: Api, clock: Clock, service: Service) -> Any:
        batch = await api.create(ids(20))
        clock.set(0.4)
        assert await api.listed() == [batch.id]
        clock.set(0.6)
        with pytest.raises(GONE):
            await api.retrieve(batch.id)
        with pytest.raises(GONE):
            await api.cancel(batch.id)
        clock.set(OVER)
        with pytest.raises(GONE):
            await api.lines(batch.id)
        return await api.listed(), service.read_ledger()

    listed, ledger = talk(vanish, name, {"vanishes": 1.0})
    assert listed == []
    assert [row["status"] for row in ledger["batches"]] == ["gone"]
    assert 5 <= len(ledger["rows"]) <= 15


@ALL
def test_a_batch_may_vanish_after_its_end(name: Name) -> None:
    async def vanish(api: Api, clock: Clock, service: Service) -> Any:
        batch = await api.create(ids(3))
        clock.set(1.5)
        assert len(await api.lines(batch.id)) == 3
        clock.set(2.5)
        with pytest.raises(GONE):
            await api.lines(batch.id)

    talk(vanish, name, {"vanishes": 1.0, "vanish_after": 2.0})


@ALL
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param("lost_creations", "reset", id="no answer"),
        pytest.param("failed_creations", "error", id="a 500"),
        pytest.param("cut_creations", "cut", id="half an answer"),
    ],
)
def test_a_batch_may_be_made_without_its_creator_being_told(name: Name, fault: str, told: str) -> None:
    async def create(api: Api, clock: Clock, service: Service) -> Any:
        with pytest.raises(ERRORS) as caught:
            await api.create(ids(3))
        [batch_id] = await api.listed()
        clock.set(OVER)
        outcomes = await api.outcomes(batch_id)
        second = await api.create(ids(3))
        return caught.value, outcomes, second, service.read_ledger()

    error, outcomes, second, ledger = talk(create, name, {fault: 1.0, "faults": {"max_in_a_row": 1}})
    if told == "error":
        assert error.status_code == 500
    else:
        assert isinstance(error, anthropic.APIConnectionError | openai.APIConnectionError)
    assert [outcome.kind for outcome in outcomes.values()] == ["succeeded"] * 3
    assert [row["told"] for row in ledger["batches"]] == [told, "answered"]
    assert ledger["batches"][1]["batch_id"] == second.id
    assert ledger["accepted_again"] == dict.fromkeys(ids(3), 2)
    assert ledger["batches_by_run"] == {"night-1": 2}


@ALL
@pytest.mark.parametrize("kind", ["rate_limited", "server_error", "overloaded", "reset"])
def test_a_fault_before_the_deed_leaves_nothing_done(name: Name, kind: str) -> None:
    async def create(api: Api, clock: Clock, service: Service) -> Any:
        errors: list[Exception] = []
        while len(errors) < 20:
            try:
                await api.create(ids(2))
                break
            except ERRORS as error:
                errors.append(error)
        return errors, service.read_ledger()

    faults = {kind: 1.0, "max_in_a_row": 2, "retry_after_s": 2.5}
    errors, ledger = talk(create, name, {"faults": faults})
    assert len(errors) >= 2
    assert len(ledger["batches"]) == 1
    if kind == "rate_limited":
        error = errors[0]
        assert isinstance(error, anthropic.RateLimitError | openai.RateLimitError)
        assert error.response.headers["retry-after"] == "2.5"


@ALL
@pytest.mark.parametrize("kind", ["cut", "garbled"])
def test_polls_and_downloads_may_break_off_and_pass_at_a_later_try(name: Name, kind: str) -> None:
    async def follow(api: Any, clock: Clock, service: Service) -> Any:
        broken = 0

        async def patiently(ask: Any) -> Any:
            nonlocal broken
            for _ in range(20):
                try:
                    return await ask()
                except (*ERRORS, httpx2.ReadError, ValueError, AttributeError):
                    broken += 1  # what streams, breaks off with the transport's own error
            raise AssertionError("no try passed")

        async def create() -> str:
            return str((await api.create(ids(30))).id)

        async def download() -> int:
            return len(await api.lines(batch_id))

        async def over() -> bool:
            return api.status(await api.retrieve(batch_id)) in api.over

        batch_id = await patiently(create)
        clock.set(OVER)
        return await patiently(over), await patiently(download), broken, service.read_ledger()

    over, n_lines, broken, ledger = talk(follow, name, {"faults": {kind: 1.0, "max_in_a_row": 1}})
    assert over
    assert n_lines == 30
    assert broken >= 3
    told = "cut" if kind == "cut" else "garbled"
    assert [row["told"] for row in ledger["batches"]] == [told, "answered"]


@ALL
def test_lines_may_be_missing_repeated_or_broken(name: Name) -> None:
    async def read(api: Any, clock: Clock, service: Service) -> Any:
        batch = await api.create(ids(100))
        clock.set(OVER)
        if name == "anthropic":
            results = await api.client.messages.batches.with_raw_response.results(batch.id)
            content = await results.read()
        else:
            done = await api.retrieve(batch.id)
            content = (await api.client.files.content(done.output_file_id)).content
        whole, broken = [], 0
        for line in content.splitlines():
            try:
                whole.append(json.loads(line)["custom_id"])
            except ValueError:
                broken += 1
        return whole, broken, service.read_ledger()

    rates = {"missing_lines": 0.1, "repeated_lines": 0.1, "broken_lines": 0.1}
    whole, broken, ledger = talk(read, name, rates)
    assert broken > 0
    assert len(set(whole)) < 100 - broken, "no line is missing"
    assert len(whole) > len(set(whole)), "no line comes twice"
    assert len(ledger["rows"]) == 100


def batch_status(batch: Any) -> str:
    """The vendor's word."""
    return str(getattr(batch, "processing_status", None) or batch.status)


def test_what_befalls_a_batch_depends_on_the_seed_and_not_on_the_server() -> None:
    def fates(seed: int) -> list[str]:
        _, found, _ = talk(kinds, "openai", {"errored": 0.3, "expired": 0.3}, seed=seed)
        return list(found)

    assert fates(1) == fates(1)
    assert fates(1) != fates(2)


def test_the_messages_of_a_batch_have_its_faults_and_no_realtime_ones() -> None:
    async def night(api: Messages, clock: Clock, service: Service) -> Any:
        batch = await api.create(ids(20))
        clock.set(OVER)
        return [outcome.kind for outcome in (await api.outcomes(batch.id)).values()]

    found = talk(night, "anthropic", faults={"server_error": 0.5, "cut": 0.3, "reset": 0.2})
    assert found == ["succeeded"] * 20
