"""The token of a run's owner: who may start calls, and from when on nobody does."""

import asyncio
import json
from pathlib import Path

import pytest

from tasks import owner as module
from tasks.home import Home
from tasks.owner import FENCE_S, Owner, Watch, owner_file, read_owner, wait_out
from warehouse.errors import WarehouseError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.make()
    return made


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _write(home: Home, token: str, renewed: int) -> None:
    owner_file(home, "r").write_text(json.dumps({"token": token, "renewed": renewed}), encoding="utf-8")


def test_an_owner_renews_its_token_and_takes_it_away(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RENEW_S", 0.01)
    with Owner(home, "r") as owner:
        assert read_owner(owner_file(home, "r")) is not None
        watch = Watch(home, "r", owner.token)
        assert asyncio.run(watch.begun())
    assert not owner_file(home, "r").exists()
    assert not watch.is_held()


def test_two_owners_have_two_tokens(home: Home) -> None:
    assert Owner(home, "r").token != Owner(home, "r").token


def test_a_token_is_held_while_it_changes(home: Home) -> None:
    clock = Clock()
    watch = Watch(home, "r", "mine", clock)
    for n in range(5):
        _write(home, "mine", n)
        assert watch.is_held()
        clock.now += FENCE_S - 0.1
    clock.now += 0.2
    assert not watch.is_held()


def test_one_that_never_changed_is_no_proof(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    clock = Clock()
    _write(home, "mine", 7)
    watch = Watch(home, "r", "mine", clock)

    async def wait() -> bool:
        begun = asyncio.create_task(watch.begun())
        await asyncio.sleep(0.1)
        assert not begun.done()
        clock.now += FENCE_S
        return await begun

    assert not asyncio.run(wait())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"token": "mine"}', '{"token": "another", "renewed": 1}'])
def test_another_token_or_a_damaged_one_is_not_mine(home: Home, text: str) -> None:
    owner_file(home, "r").write_text(text, encoding="utf-8")
    assert not Watch(home, "r", "mine").is_held()


def test_a_home_that_cannot_be_written_is_said(home: Home) -> None:
    home.runs.rmdir()
    with (
        pytest.raises(WarehouseError, match=r"r\.owner\.json: cannot be written .* Nothing was sent"),
        Owner(home, "r"),
    ):
        pass


def test_a_dead_ones_token_is_waited_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("tasks.owner.asyncio.sleep", sleep)
    assert not asyncio.run(wait_out(home, "r"))
    _write(home, "dead", 3)
    assert asyncio.run(wait_out(home, "r"))
    assert slept == [module.WAIT_OUT_S]
    assert module.WAIT_OUT_S >= FENCE_S + module.LOOK_S
    assert not owner_file(home, "r").exists()
