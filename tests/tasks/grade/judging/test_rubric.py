"""A rubric is a file of criteria with described scales; what is wrong with one is said with its place."""

from pathlib import Path

import pytest

from tasks.grade.judging.rubric import Criterion, find_rubric, make_rubric, rubric_names

SCALE = {"1": "bad", "3": "fair", "5": "good"}


def criterion(**fields: object) -> dict[str, object]:
    return {"name": "accuracy", "description": "Is it true?", "scale": SCALE, **fields}


@pytest.mark.parametrize(
    ("name", "criteria"),
    [
        ("code_quality", ["correctness", "efficiency", "readability"]),
        ("diagnosis", ["accuracy", "actionability", "completeness"]),
    ],
)
def test_the_first_comparison_s_two_lists_are_shipped(name: str, criteria: list[str]) -> None:
    assert name in rubric_names()
    found = find_rubric(name)
    assert [one.name for one in found.criteria] == criteria
    assert all(len(one.scale) == 5 and one.description for one in found.criteria)


@pytest.mark.parametrize(
    ("number", "score"), [pytest.param(1, 0.0, id="lowest"), (3, 0.5), pytest.param(5, 1.0, id="highest")]
)
def test_a_number_is_scored_by_where_it_stands_on_the_scale(number: int, score: float) -> None:
    assert Criterion.model_validate(criterion()).score(number) == score


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        pytest.param({}, 5, id="the first above the middle"),
        pytest.param({"scale": {"0": "no", "1": "yes"}}, 1, id="of two the upper"),
        pytest.param({"passes_from": 3}, 3, id="as it says"),
    ],
)
def test_the_pass_mark(fields: dict[str, object], mark: int) -> None:
    assert Criterion.model_validate(criterion(**fields)).pass_mark == mark


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"scale": {"1": "bad"}}, "criteria.0.scale"),
        ({"scale": {"1": "bad", "high": "good"}}, '"high" is not a whole number'),
        ({"scale": {"1": "bad", "01": "good"}}, "a number is there twice"),
        ({"scale": {"1": "bad", "2": " "}}, "2 is not described"),
        ({"passes_from": 2}, "passes_from = 2 is not on the scale"),
        ({"name": "Is it true?"}, "a name is of a-z"),
        ({"weight": 0}, "criteria.0.weight"),
        ({"wieght": 2}, "criteria.0.wieght"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=r"mine\.toml") as caught:
        make_rubric({"criteria": [criterion(**fields)]}, "mine.toml")
    assert said in str(caught.value)


def test_two_criteria_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match='the criterion "accuracy" is there twice'):
        make_rubric({"criteria": [criterion(), criterion()]}, "mine.toml")


def test_a_rubric_of_one_s_own_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[criteria]]\nname = "tone"\ndescription = "Is it kind?"\nscale = { 0 = "no", 1 = "yes" }\n'
    )
    assert find_rubric(str(file)).criteria[0].numbers == [0, 1]
    with pytest.raises(ValueError, match="cannot be read"):
        find_rubric(str(tmp_path / "other.toml"))
    file.with_name("broken.toml").write_text("[[criteria]\n")
    with pytest.raises(ValueError, match="is not TOML"):
        find_rubric(str(file.with_name("broken.toml")))


def test_a_slip_in_a_name_is_answered_with_the_name_that_was_meant() -> None:
    with pytest.raises(ValueError, match="did you mean code_quality"):
        find_rubric("code-quality")
