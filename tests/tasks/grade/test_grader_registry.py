"""A `[[graders]]` entry becomes a grader, or one sentence with place and remedy."""

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import pytest

import tasks.grade.base
from tasks.grade.base import Grader
from tasks.grade.judging.judge import Judge
from tasks.grade.registry import GRADERS, make_grader, make_graders
from tasks.model import GraderConfig
from warehouse.errors import SuiteError

PLACE = "datasets/x/suite.toml"


def test_every_grader_of_the_folder_is_registered_under_its_type() -> None:
    def below(kind: type[Grader]) -> set[type[Grader]]:
        return {kind, *(deeper for child in kind.__subclasses__() for deeper in below(child))}

    folder = Path(inspect.getfile(tasks.grade.base)).parent
    everything = below(Grader)  # type: ignore[type-abstract]  # it is asked for its subclasses, not made
    written = {kind for kind in everything if not inspect.isabstract(kind) and "type" in vars(kind)}
    assert written == set(GRADERS.values())
    assert {name: kind.type for name, kind in GRADERS.items()} == {name: name for name in GRADERS}
    for path in folder.glob("*.py"):
        if "(Grader)" in path.read_text(encoding="utf-8"):
            assert any(Path(inspect.getfile(kind)) == path for kind in GRADERS.values()), path


@pytest.mark.parametrize("kind", GRADERS.values(), ids=list(GRADERS))
def test_a_grader_is_frozen_and_documented(kind: type[Grader], a_grader: Any) -> None:
    grader = a_grader(kind.type, **({"rubric": "diagnosis"} if kind is Judge else {}))
    assert grader.name == kind.type
    assert int(grader.version.partition("+")[0]) >= 1
    assert kind.__doc__
    assert not kind.__doc__.startswith(kind.__name__ + "(")  # dataclass's own
    with pytest.raises(dataclasses.FrozenInstanceError):
        grader.extract = "code"


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("exat", {}, 'no grader of type "exat".*Did you mean exact'),
        ("zzz", {}, "Known are exact, includes"),
        ("exact", {"ignorecase": True}, 'no option "ignorecase".*extract, name, ignore_case, strip_quotes'),
        ("exact", {"ignore_case": "yes"}, "\"ignore_case\" is 'yes'"),
        ("exact", {"extract": "last_nubmer"}, "did you mean last_number"),
        ("exact", {"extract": "(a)(b)"}, "2 groups"),
        ("numeric", {"tolerance": -1}, "no distance"),
        ("numeric", {"tolerance": "near"}, '"tolerance" is'),
        ("numeric", {"tolerance": "NaN"}, '"tolerance" is'),
        ("regex", {"pattern": "("}, "is no pattern"),
        ("includes", {"match": "some"}, "'any' or 'all'"),
        ("json_only", {"extract": "boxed"}, "looks at the whole response"),
        ("json_schema", {"schema": {"type": "x"}}, "no JSON Schema"),
    ],
)
def test_what_cannot_be_made_says_where_and_why(kind: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(SuiteError, match=f"{PLACE}: .*{said}") as caught:
        make_grader(GraderConfig(kind, options), PLACE)
    assert "Nothing was sent" in str(caught.value)


def test_options_take_what_toml_gives() -> None:
    grader = make_grader(GraderConfig("includes", {"targets": ["a", "b"], "name": "both"}), PLACE)
    assert (grader.name, grader.type) == ("both", "includes")
    numeric = make_grader(GraderConfig("numeric", {"tolerance": 0.1}), PLACE)
    assert "tolerance=Decimal('0.1')" in repr(numeric)


@pytest.mark.parametrize("name", ["judge.accuracy", "judge@openai/x"])
def test_no_grader_is_called_as_a_judge_s_criterion_is(name: str) -> None:
    configs = [GraderConfig("exact", {"name": name}), GraderConfig("judge", {"rubric": "diagnosis"})]
    with pytest.raises(SuiteError, match=f'a grader is called "{name}"'):
        make_graders(configs, PLACE)


def test_graders_keep_their_order_and_need_names_of_their_own() -> None:
    twice = [GraderConfig("exact"), GraderConfig("exact", {"ignore_case": True})]
    with pytest.raises(SuiteError, match='two graders are called "exact"'):
        make_graders(twice, PLACE)
    named = [twice[0], GraderConfig("exact", {"ignore_case": True, "name": "loosely"})]
    assert [grader.name for grader in make_graders(named, PLACE)] == ["exact", "loosely"]
    with pytest.raises(SuiteError, match="no grader"):
        make_graders([], PLACE)


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("pyton_tests", {}, "Did you mean python_tests"),
        ("judge", {"rubric": "diagnosys"}, "did you mean diagnosis"),
        ("judge", {"rubric": "diagnosis", "extract": "boxed"}, "reads the whole answer"),
        ("judge", {}, "either a rubric"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(kind: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        make_grader(GraderConfig(kind, options), PLACE)


def test_a_rubric_s_file_lies_in_the_suite_s_folder(tmp_path: Path) -> None:
    rubric = '[[criteria]]\nname = "tone"\ndescription = "Is it kind?"\nscale = { 0 = "no", 1 = "yes" }\n'
    (tmp_path / "mine.toml").write_text(rubric, encoding="utf-8")
    config = GraderConfig("judge", {"rubric": "mine.toml"})
    [grader] = make_graders([config], PLACE, tmp_path)
    assert grader.asks
    with pytest.raises(SuiteError, match="the rubric cannot be read"):
        make_graders([config], PLACE, tmp_path / "elsewhere")


def test_who_compares_pairs_gives_no_score() -> None:
    pairs, exact = GraderConfig("pairwise"), GraderConfig("exact")
    assert len(make_graders([exact, pairs], PLACE)) == 2
    assert len(make_graders([pairs], PLACE)) == 1
    with pytest.raises(SuiteError, match="compares and gives no score"):
        make_graders([pairs, exact], PLACE)
    with pytest.raises(SuiteError, match="two graders compare pairs"):
        make_graders([exact, pairs, GraderConfig("pairwise", {"name": "more"})], PLACE)
