"""Settings come from a file and from options, and a bad one is named with its field."""

from pathlib import Path

import pytest

from tasks.call.simulated.settings import make_settings, read_settings
from warehouse.errors import SpecError


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param(
            "s.toml", 'seed = 3\n[faults]\ncut = 0.1\n[limits."*"]\nrequests_per_minute = 60\n', id="toml"
        ),
        pytest.param(
            "s.json",
            '{"seed": 3, "faults": {"cut": 0.1}, "limits": {"*": {"requests_per_minute": 60}}}',
            id="json",
        ),
    ],
)
def test_a_file_and_changes_on_top(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    settings = read_settings(path, ["faults.reset=0.2", "seed=4", 'models=["a", "b"]'])
    assert (settings.seed, settings.faults.cut, settings.faults.reset) == (4, 0.1, 0.2)
    assert settings.limits["*"].requests_per_minute == 60
    assert settings.models == ("a", "b")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param("speed=3", r"speed: Extra inputs", id="no such field"),
        pytest.param("faults.cut=2", r"faults\.cut: .*less than or equal to 1", id="a rate above 1"),
        pytest.param("faults.cut", r"NAME=VALUE", id="no value"),
        pytest.param("accuracy=often", r"accuracy: ", id="a word for a number"),
    ],
)
def test_a_bad_change_is_named(change: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        read_settings(None, [change])


def test_a_file_that_is_no_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text("[1]")
    with pytest.raises(SpecError, match=r"s\.json: a table of settings is needed, not list"):
        read_settings(path)


def test_the_defaults_have_neither_limits_nor_faults() -> None:
    settings = make_settings({})
    assert not settings.limits
    assert not settings.faults.any_retryable
