"""The suite multiple_choice: its right choices are found by running the questions, and not by their form."""

from collections import Counter
from pathlib import Path

import jinja2
import pytest

from bench.make_multiple_choice import (
    CASES,
    LETTERS,
    SAMPLES,
    Guess,
    alike,
    balance,
    failing,
    fails,
    greatest,
    longest,
    number_of,
    render,
    score,
    shortest,
    smallest,
    unlike,
)
from bench.multiple_choice.case import Case, chosen, computed, python, session, sql
from bench.multiple_choice.run import end_of, printed, result_of
from tasks.grade.registry import make_graders
from tasks.load.samples import load_suite
from tasks.model import Sample, Suite

FOLDER = Path(__file__).parents[2] / "datasets" / "multiple_choice"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The suite as a run loads it."""
    return load_suite(FOLDER, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def samples(suite: Suite) -> tuple[Sample, ...]:
    return suite.samples


def text_of(sample: Sample, letter: str | None = None) -> str:
    """The text of a choice, by default of the right one."""
    return sample.choices[LETTERS.index(letter or str(sample.target))]


def test_the_committed_file_is_what_running_the_questions_gives() -> None:
    assert SAMPLES.read_bytes() == render().encode()


def test_every_row_has_four_choices_and_a_letter(samples: tuple[Sample, ...]) -> None:
    assert len(samples) >= 60
    assert len(samples) == sum(map(len, CASES.values()))
    for sample in samples:
        assert not [name for name, value in sample.row.items() if value in (None, "", [])], sample.sample_id
        assert len(sample.choices) == 4
        assert str(sample.target) in LETTERS


def test_ids_and_questions_are_unique_and_so_are_the_choices_of_a_question(
    samples: tuple[Sample, ...],
) -> None:
    assert len({sample.input for sample in samples}) == len(samples)
    for sample in samples:
        folded = {" ".join(choice.split()).casefold() for choice in sample.choices}
        assert len(folded) == 4, sample.sample_id


def test_categories_and_difficulties_are_spread(samples: tuple[Sample, ...]) -> None:
    categories = Counter(sample.category for sample in samples)
    difficulties = Counter(sample.metadata["difficulty"] for sample in samples)
    assert set(categories) == set(CASES)
    assert min(categories.values()) >= 7
    assert set(difficulties) == {"easy", "medium", "hard"}
    assert difficulties["easy"] >= 10
    assert difficulties["hard"] >= len(samples) / 3
    assert {sample.category for sample in samples[:10]} == set(CASES)


def test_every_way_of_finding_the_right_choice_is_there(samples: tuple[Sample, ...]) -> None:
    found_by = Counter(sample.metadata["found_by"] for sample in samples)
    assert set(found_by) == {"sql", "session", "python", "computed", "chosen"}


def test_each_letter_is_right_equally_often(samples: tuple[Sample, ...]) -> None:
    letters = Counter(str(sample.target) for sample in samples)
    assert max(letters.values()) - min(letters.values()) <= 1
    runs = [sample.target for sample in samples]
    assert not any(len(set(runs[at : at + 3])) == 1 for at in range(len(runs) - 2))


@pytest.mark.parametrize("guess", [longest, shortest, alike, unlike])
def test_the_form_of_a_choice_does_not_give_it_away(guess: Guess, samples: tuple[Sample, ...]) -> None:
    every = [dict(sample.row) for sample in samples]
    assert 0.15 <= score(every, guess) <= 0.32


@pytest.mark.parametrize("guess", [smallest, greatest])
def test_among_numbers_the_right_one_may_stand_at_an_end(guess: Guess, samples: tuple[Sample, ...]) -> None:
    numbers = [dict(sample.row) for sample in samples if all(map(number_of, sample.choices))]
    assert len(numbers) >= 20
    assert 0.15 <= score(numbers, guess) <= 0.35


def test_an_error_is_sometimes_right_and_mostly_not(samples: tuple[Sample, ...]) -> None:
    with_error = [dict(sample.row) for sample in samples if any(map(fails, sample.choices))]
    assert len(with_error) >= 10
    assert 0.15 <= score(with_error, failing) <= 0.4


def test_right_and_wrong_choices_are_equally_long(samples: tuple[Sample, ...]) -> None:
    right = [len(text_of(sample)) for sample in samples]
    every = [len(choice) for sample in samples for choice in sample.choices]
    assert sum(right) / len(right) == pytest.approx(sum(every) / len(every), rel=0.05)


def test_the_figures_are_those_of_the_committed_rows(samples: tuple[Sample, ...]) -> None:
    figures = balance()
    assert figures["samples"] == str(len(samples))
    assert set(figures) >= {f"always {letter}" for letter in LETTERS}


def test_the_prompt_shows_the_choices_once_each_in_the_order_of_their_letters(suite: Suite) -> None:
    template = jinja2.Template(str(suite.prompt), undefined=jinja2.StrictUndefined)
    for sample in suite.samples:
        text = template.render(sample.row)
        places = [text.index(f"\n{letter}) {text_of(sample, letter)}\n") for letter in LETTERS]
        assert places == sorted(places)
        assert text.index(str(sample.input)) < places[0]


def test_the_right_letter_passes_and_every_other_does_not(suite: Suite) -> None:
    (grader,) = make_graders(suite.graders, "suite.toml")
    for sample in suite.samples:
        grader.check(sample)
        passing = [letter for letter in LETTERS if grader.grade(sample, f"Answer: {letter}").passed]
        assert passing == [sample.target], sample.sample_id
        assert grader.grade(sample, str(sample.target)).passed


def test_the_words_of_the_right_choice_pass_and_those_of_the_others_do_not(suite: Suite) -> None:
    (grader,) = make_graders(suite.graders, "suite.toml")
    for sample in suite.samples:
        passing = [letter for letter in LETTERS if grader.grade(sample, text_of(sample, letter)).passed]
        assert passing == [sample.target], sample.sample_id


@pytest.mark.parametrize(
    ("answer", "passed"),
    [
        # mc-001: A is right, (3, 2, 4); B is (2, 3, 4).
        pytest.param("A", True, id="the letter"),
        pytest.param("A)", True, id="with its bracket"),
        pytest.param("(A)", True, id="in brackets"),
        pytest.param("**A**", True, id="bold"),
        pytest.param("Answer: A", True, id="as asked for"),
        pytest.param("**Answer: A**", True, id="as asked for, bold"),
        pytest.param("Answer: **A**", True, id="the letter alone bold"),
        pytest.param("count(*) counts rows: 3.\ncount(amount): 2.\n\nAnswer: A", True, id="after reasoning"),
        pytest.param("At first B looks right.\nAnswer: B? No.\nAnswer: A", True, id="changes its mind"),
        pytest.param("A) (3, 2, 4)", True, id="letter and text"),
        pytest.param("(3, 2, 4)", True, id="the text alone"),
        pytest.param("Answer: (3, 2, 4)", True, id="the text after the word"),
        pytest.param("The correct answer is A, because NULL is not counted.", True, id="in a sentence"),
        pytest.param("I count B out, C and D too.\n\nAnswer: A.", True, id="others named before"),
        pytest.param("$\\boxed{A}$", True, id="boxed"),
        pytest.param("B", False, id="another letter"),
        pytest.param("Answer: B", False, id="another letter, as asked for"),
        pytest.param("Answer: A? On reflection:\nAnswer: C", False, id="changes its mind for the worse"),
        pytest.param("Answer: E", False, id="no such letter"),
        pytest.param("(3, 3, 4)", False, id="the text of another"),
        pytest.param("B) (2, 3, 4)", False, id="letter and text of another"),
        pytest.param("(4, 2, 3)", False, id="a text that no choice has"),
        pytest.param("Both A and B could be right.", False, id="does not decide"),
        pytest.param("count(*) counts every row, also those with NULL.", False, id="states none"),
        pytest.param("", False, id="nothing"),
        pytest.param("The answer is not A.", False, id="denies the right one"),
    ],
)
def test_answers_of_many_forms(answer: str, passed: bool, suite: Suite) -> None:
    (grader,) = make_graders(suite.graders, "suite.toml")
    (sample,) = (sample for sample in suite.samples if sample.sample_id == "mc-001")
    assert (sample.target, text_of(sample), text_of(sample, "B")) == ("A", "(3, 2, 4)", "(2, 3, 4)")
    assert grader.grade(sample, answer).passed is passed


def test_a_case_with_no_right_choice_or_two_is_refused() -> None:
    for does in (lambda _: False, lambda text: text in "ab"):
        with pytest.raises(RuntimeError, match="of 4 candidates"):
            _ = chosen("easy", "Which?", does, "a", "b", "c", "d").choices


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(lambda: sql("easy", "?", "select 1", "2", "1", "3"), id="a wrong choice that is right"),
        pytest.param(lambda: computed("easy", "?", lambda: "x", "y", "Y", "z"), id="two alike"),
        pytest.param(lambda: python("easy", "?", "print(1)", "2", "3"), id="only two"),
    ],
)
def test_a_case_whose_wrong_choices_are_not_wrong_or_not_three_is_refused(case: object) -> None:
    assert callable(case)
    with pytest.raises(RuntimeError, match="choices"):
        _ = case().choices


def test_the_right_choice_is_what_comes_out() -> None:
    cases: list[Case] = [
        sql("easy", "?", "select 1, null, true", "a", "b", "c"),
        session(
            "easy", "?", "A: create table t (i integer)\nB: insert into t\n  values (7)\nA: from t", *"abc"
        ),
        python("easy", "?", "print(3 * 3)", "a", "b", "c"),
        computed("easy", "?", lambda: "4", "a", "b", "c"),
        chosen("easy", "?", str.isupper, "a", "b", "c", "D"),
    ]
    assert [case.choices[0] for case in cases] == ["(1, NULL, true)", "7", "9", "4", "D"]


@pytest.mark.parametrize(
    ("query", "spelled"),
    [
        ("select 1 where false", "no rows"),
        ("select null", "NULL"),
        ("select x from (values (1), (null)) t(x)", "1, NULL"),
        ("select true, 'a', 1.5, date '2024-02-29'", "(true, a, 1.5, 2024-02-29)"),
        ("select [1, null]", "[1, NULL]"),
        ("select timestamp '2024-01-01 10:00:00'", "2024-01-01 10:00:00"),
        ("select * from nowhere", "an error"),
    ],
)
def test_results_are_spelled_as_choices(query: str, spelled: str) -> None:
    assert result_of(query) == spelled


def test_what_is_no_sql_is_a_mistake_of_the_case_and_no_answer() -> None:
    with pytest.raises(RuntimeError, match="not SQL"):
        result_of("selct 1")


def test_two_connections_see_their_own_snapshots() -> None:
    steps = ["A: create table t (i integer)", "A: begin", "A: from t", "B: insert into t values (1)"]
    assert end_of("\n".join([*steps, "A: select count(*) from t"])) == "0"
    assert end_of("\n".join([*steps, "B: select count(*) from t"])) == "1"


def test_a_session_with_a_line_of_nobody_is_refused() -> None:
    with pytest.raises(RuntimeError, match="not steps"):
        end_of("A: create table t (i integer)\nC: from t")


def test_a_script_that_raises_prints_the_type_of_the_error() -> None:
    assert printed("print(1)\nint('x')") == "it raises ValueError"
