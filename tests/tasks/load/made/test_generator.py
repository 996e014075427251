"""A suite whose samples are made: from its card to samples, its version, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from tasks.load.made.registry import GENERATORS
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.model import Suite
from warehouse.errors import SuiteError

CARD = """name = "mine"
{more}
[generator]
name = "needle"
{options}
[[graders]]
type = "numeric"
extract = "last_number"
"""


SOURCE = f'[source]\nurl = "https://example.org/x.csv"\nsha256 = "{"0" * 64}"'


def write(folder: Path, options: str = "lengths = [1000]", more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "suite.toml").write_text(CARD.format(options=options, more=more), encoding="utf-8")
    return folder


def load(folder: Path, *words: str, **more: str) -> Suite:
    return load_suite(write(folder, *words, **more), folder / "cache")


def test_every_generator_is_listed_by_its_name() -> None:
    assert {name: generator.name for name, generator in GENERATORS.items()} == {
        name: name for name in GENERATORS
    }


def test_rows_become_samples_and_the_generator_has_a_prompt(tmp_path: Path) -> None:
    suite = load(tmp_path / "mine")
    assert len(suite.samples) == 24
    first = suite.samples[0]
    assert (first.cluster, first.category, first.metadata["depth_percent"]) == ("1000-1", "single", 0)
    [turn] = render_messages(suite, first, system=None, prompt=None)
    assert turn["content"].startswith(first.row["document"])
    assert str(first.input) in turn["content"]


def test_a_prompt_of_its_own_takes_the_place(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "prompt.jinja").write_text("{{ input }} {{ document }}", encoding="utf-8")
    suite = load(tmp_path / "mine")
    [turn] = render_messages(suite, suite.samples[0], system=None, prompt=None)
    assert turn["content"].startswith("Which number")


def test_the_same_card_is_the_same_version_wherever_it_lies(tmp_path: Path) -> None:
    assert load(tmp_path / "a" / "mine").version == load(tmp_path / "b" / "mine").version


@pytest.mark.parametrize(
    "options",
    [
        pytest.param("lengths = [1000]\nseed = 1", id="seed"),
        pytest.param("lengths = [2000]", id="option"),
        pytest.param("lengths = [1000]\ncontexts = 2", id="number of contexts"),
    ],
)
def test_another_seed_or_option_is_another_version(tmp_path: Path, options: str) -> None:
    assert load(tmp_path / "a" / "mine").version != load(tmp_path / "b" / "mine", options).version


def test_a_new_version_of_the_generator_is_one_of_the_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load(tmp_path / "mine").version
    changed: Any = GENERATORS["needle"]
    monkeypatch.setattr(
        "tasks.load.made.registry.GENERATORS",
        {"needle": type(changed)(**{**vars(changed), "version": changed.version + 1})},
    )
    after = load(tmp_path / "mine").version
    assert before != after


def test_other_text_of_the_same_version_is_seen_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load(tmp_path / "mine").version
    monkeypatch.setattr("tasks.load.made.needle.SUM", "How many crowns came from {person} for {fund}?")
    assert load(tmp_path / "mine").version != before


@pytest.mark.parametrize(
    ("options", "more", "said"),
    [
        pytest.param("lenghts = [1000]", "", "generator.lenghts: there is no such option;", id="slip"),
        pytest.param("seed = -1", "", "generator.seed: Input should be greater than", id="seed"),
        pytest.param("lengths = [500]", "", "generator.lengths: 500 tokens: the document is too", id="short"),
        pytest.param("", SOURCE, "[[source]]", id="source"),
    ],
)
def test_what_cannot_be_made_is_refused_with_file_and_field(
    tmp_path: Path, options: str, more: str, said: str
) -> None:
    with pytest.raises(SuiteError) as caught:
        load(tmp_path / "mine", options, more=more)
    assert said in str(caught.value)
    assert str(tmp_path / "mine" / "suite.toml") in str(caught.value)
    assert "Nothing was sent" in str(caught.value)


def test_an_unknown_generator_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    folder = write(tmp_path / "mine")
    card = (folder / "suite.toml").read_text(encoding="utf-8").replace('"needle"', '"neddle"')
    (folder / "suite.toml").write_text(card, encoding="utf-8")
    with pytest.raises(
        SuiteError, match=r'generator\.name: there is no generator "neddle"; did you mean "needle"'
    ):
        load_suite(folder, tmp_path)


def test_samples_are_made_or_read_and_not_both(tmp_path: Path) -> None:
    folder = write(tmp_path / "mine")
    (folder / "samples.sql").write_text("select 1 as sample_id", encoding="utf-8")
    with pytest.raises(SuiteError, match=r"generator: there is a samples.sql as well"):
        load_suite(folder, tmp_path)


def test_with_neither_the_error_names_both_ways(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    card = 'name = "mine"\n[[graders]]\ntype = "exact"\n'
    (folder / "suite.toml").write_text(card, encoding="utf-8")
    with pytest.raises(SuiteError, match=r"samples.sql: cannot be read .* has a \[generator\] that makes"):
        load_suite(folder, tmp_path)
