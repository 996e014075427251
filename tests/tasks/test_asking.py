"""What is asked in a question: the prompt with files behind it, kept so that it can be asked again."""

from pathlib import Path

import pytest

from tasks.asking import Question, ask_spec, begin_ask, forget_question, make_question, read_question
from tasks.home import Home
from tasks.runs import begin_run, read_run
from tasks.spec import ModelEntry, make_spec
from warehouse.errors import SpecError

GPT, SONNET = "simulated/gpt-4o", "simulated/claude-haiku-5-5"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


def file(folder: Path, text: str, name: str = "a.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "fenced"),
    [
        pytest.param("x = 1\n", "a.py:\n```\nx = 1\n```", id="a file"),
        pytest.param("x = 1", "a.py:\n```\nx = 1\n```", id="without a last line's end"),
        pytest.param("```\nx\n````\n", "a.py:\n`````\n```\nx\n````\n`````", id="that has fences of its own"),
        pytest.param("", "a.py:\n```\n\n```", id="empty"),
    ],
)
def test_a_files_text_stands_at_the_end_in_a_fence_with_its_name(
    tmp_path: Path, text: str, fenced: str
) -> None:
    question = make_question("Review this.\n", files=[file(tmp_path, text)])
    assert question.prompt == f"Review this.\n\n{fenced}"
    assert question.files == ("a.py",)


def test_a_prompt_without_files_is_sent_as_it_is() -> None:
    assert make_question("  Why?\n").prompt == "  Why?\n"


def test_criteria_are_words_each_once() -> None:
    assert make_question("?", criteria=["correctness", " readability ", "", "correctness"]).criteria == (
        "correctness",
        "readability",
    )


def test_what_is_no_text_is_refused_with_its_place(tmp_path: Path) -> None:
    binary = tmp_path / "x.bin"
    binary.write_bytes(b"ab\xff")
    with pytest.raises(SpecError, match=r"x\.bin: is not UTF-8 text \(byte 2\)"):
        make_question("?", files=[binary])
    with pytest.raises(SpecError, match=r"gone: cannot be read"):
        make_question("?", files=[tmp_path / "gone"])
    with pytest.raises(SpecError, match="the prompt is empty"):
        make_question(" \n")


def test_every_part_of_a_question_is_in_its_version() -> None:
    questions = [
        make_question("?"),
        make_question("!"),
        make_question("?", system="Be brief."),
        make_question("?", criteria=["a"]),
    ]
    assert len({question.suite().version for question in questions}) == len(questions)
    assert make_question("?", at_once=True).suite().version == questions[0].suite().version
    [sample] = questions[3].suite().samples
    assert (sample.metadata, sample.scored, sample.input) == ({"criteria": ["a"]}, False, "?")


def test_models_are_names_or_entries() -> None:
    entry = ModelEntry.model_validate({"model": SONNET, "name": "cool", "params": {"temperature": 0.0}})
    spec = ask_spec([GPT, entry, {"model": GPT, "name": "again"}])
    assert [one.variant for one in spec.models] == [GPT, "cool", "again"]
    assert spec.models[1] == entry
    assert spec.max_failed == 1.0
    with pytest.raises(SpecError, match=r"(?s)the question: .*there twice"):
        ask_spec([GPT, GPT])


def test_a_question_is_found_again_as_it_was(home: Home, tmp_path: Path) -> None:
    question = make_question(
        "für \ud83d?", files=[file(tmp_path, "x")], criteria=["a"], system="S", at_once=True
    )
    record = begin_ask(home, ask_spec([GPT]), question, "q", trigger="cli")
    assert read_question(home, "q") == question
    assert record.kind == read_run(home, "q").kind == "ask"
    assert begin_ask(home, ask_spec([GPT]), question, "q", trigger="cli") == record


def test_an_id_belongs_to_one_question_and_one_kind_of_run(home: Home) -> None:
    begin_ask(home, ask_spec([GPT]), Question("?"), "q", trigger="cli")
    with pytest.raises(SpecError, match="another question"):
        begin_ask(home, ask_spec([GPT]), Question("!"), "q", trigger="cli")
    with pytest.raises(SpecError, match="another spec"):
        begin_ask(home, ask_spec([SONNET]), Question("?"), "q", trigger="cli")
    begin_run(home, make_spec({"suites": ["ask"], "models": [{"model": GPT}]}), "r", trigger="cli")
    with pytest.raises(SpecError, match="a run of suites"):
        begin_ask(home, ask_spec([GPT]), Question("?"), "r", trigger="cli")
    assert read_question(home, "q").prompt == "?"


def test_a_question_that_was_refused_leaves_nothing(home: Home) -> None:
    begin_ask(home, ask_spec([GPT]), Question("?"), "q", trigger="cli")
    forget_question(home, "q")
    assert read_question(home, "q").prompt == "?", "its run is there"
    (home.runs / "q.json").unlink()
    forget_question(home, "q")
    with pytest.raises(SpecError, match=r"q\.ask\.json: cannot be read"):
        read_question(home, "q")
