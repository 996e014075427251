"""What a helper tells its run, and which runs may have helpers."""

import pickle

import pytest

from tasks.helping import Helped, LostOwner
from tasks.spec import make_spec
from tasks.work import check_workers
from warehouse.errors import (
    Fault,
    NightbenchError,
    ProviderDown,
    SpecError,
    StoppedShort,
    SuiteError,
    Unusable,
    WarehouseError,
)

MODEL = {"model": "simulated/gpt-4o-2024-05-13"}


@pytest.mark.parametrize(
    "error",
    [
        LostOwner("gone"),
        ProviderDown("down"),
        StoppedShort("stopped"),
        SpecError("bad"),
        WarehouseError("full"),
        NightbenchError("else"),
        Unusable(Fault("auth", "no such key")),
    ],
)
def test_an_error_comes_back_as_it_was(error: NightbenchError) -> None:
    helped = pickle.loads(pickle.dumps(Helped.of(error, {"host": 3.0})))
    back = helped.reason()
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert helped.down == {"host": 3.0}
    assert helped.is_orphaned == isinstance(error, LostOwner)
    if isinstance(back, Unusable):
        assert back.fault.kind == "auth"


def test_one_of_another_class_keeps_its_words() -> None:
    back = Helped.of(SuiteError("a suite")).reason()
    assert type(back) is NightbenchError
    assert str(back) == "a suite"


def test_nothing_is_nothing() -> None:
    assert Helped.of(None).reason() is None
    assert not Helped.of(None).is_orphaned


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ({}, "give either workers = 2, or address"),
        ({"workers": 2, "address": "tcp://here:8786"}, "give either workers = 2, or address"),
        ({"workers": 0}, "engine.workers"),
        ({"workers": 65}, "engine.workers"),
        ({"address": "http://here:8786"}, "engine.address"),
        ({"address": "tcp://me:secret@here:8786"}, "engine.address"),
        ({"worker": 2}, "engine.worker"),
    ],
)
def test_a_bad_engine_is_named(engine: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        make_spec({"suites": ["mmlu"], "models": [MODEL], "engine": engine})
    assert "secret" not in str(caught.value)


def test_how_many_processes_is_no_other_run() -> None:
    plain = make_spec({"suites": ["mmlu"], "models": [MODEL]})
    spread = make_spec({"suites": ["mmlu"], "models": [MODEL], "engine": {"workers": 2}})
    assert plain.fingerprint() == spread.fingerprint()


def test_without_the_extra_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = make_spec({"suites": ["mmlu"], "models": [MODEL], "engine": {"workers": 2}})
    check_workers(spec, None)
    monkeypatch.setattr("tasks.work.find_spec", lambda name: None)
    with pytest.raises(SpecError, match=r"needs the extra `cluster`.* Nothing was sent"):
        check_workers(spec, None)
    check_workers(spec.model_copy(update={"engine": None}), None)
