"""GPQA Diamond is defined as its authors and simple-evals have it; the archive itself is not needed here.

The rows are made up, in the form of the archive's CSV: that file must not lie in a repository.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from pathlib import Path

import pytest

from tasks.grade.registry import make_graders
from tasks.load.definition import read_definition
from tasks.load.discover import BUILT_IN
from tasks.load.pull import pull
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.model import Suite
from tests.sealed_archive import write_sealed_zip
from warehouse.errors import SuiteError

FOLDER = BUILT_IN / "gpqa_diamond"
N = 198
COLUMNS = [
    *("Pre-Revision Question", "Pre-Revision Correct Answer", "Pre-Revision Explanation"),
    *("Question", "Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3"),
    *("Explanation", "Subdomain", "Writer's Difficulty Estimate", "High-level domain", "Record ID"),
    *("Canary String", "Question"),  # a name may be there twice
]
DOMAINS = ("Physics", "Chemistry", "Biology")


def made_up_csv() -> bytes:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for i in range(N):
        before = [f"old {i}", f"old {i}", ""]
        question = f'Question {i}: what does "x, y" give,\nand why? α\n'
        answers = [f"right {i}", f"wrong {i} a", f"wrong {i}, b", f"wrong\n{i} c"]
        after = ["because", "Optics", "Hard", DOMAINS[i % 3], f"rec{i:013}", "canary", "not this one"]
        rows.writerow([*before, question, *answers, *after])
    return out.getvalue().encode()


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The suite over an archive of made-up rows; its pin is the only thing that is not as it ships."""
    place = tmp_path_factory.mktemp("gpqa")
    source = read_definition(FOLDER).sources[0]
    assert source.archive is not None
    assert source.archive.password is not None
    archive = place / "dataset.zip"
    write_sealed_zip(archive, {source.archive.member: made_up_csv()}, source.archive.password)
    copy = place / "suites" / "gpqa_diamond"
    copy.mkdir(parents=True)
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        pin = hashlib.sha256(archive.read_bytes()).hexdigest()
        (copy / path.name).write_text(text.replace(str(source.sha256), pin), encoding="utf-8")
    pull(read_definition(copy), place / "cache", from_dir=place)
    return load_suite(copy, place / "cache")


def test_the_definition_is_sealed_and_pins_a_commit() -> None:
    card = read_definition(FOLDER).card
    (source,) = card.source
    assert card.sealed
    assert re.search(r"idavidrein/gpqa/[0-9a-f]{40}/dataset\.zip$", source.url), "a commit, not a branch"
    assert source.sha256 is not None
    assert source.archive is not None
    assert (source.archive.member, source.archive.table) == ("dataset/gpqa_diamond.csv", "source")
    assert card.licence is not None
    assert "arXiv:2311.12022" in str(card.citation)


def test_nothing_but_the_definition_ships() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"suite.toml", "samples.sql", "prompt.jinja"}


def test_every_row_is_a_sample_with_the_sources_own_id(suite: Suite) -> None:
    assert [sample.sample_id for sample in suite.samples] == [f"rec{i:013}" for i in range(N)]
    assert Counter(sample.category for sample in suite.samples) == dict.fromkeys(DOMAINS, N // 3)
    assert suite.sealed


def test_the_target_is_where_the_right_answer_came_to_stand(suite: Suite) -> None:
    for i, sample in enumerate(suite.samples):
        assert sample.choices["ABCD".index(str(sample.target))] == f"right {i}"
        assert set(sample.choices) == {f"right {i}", f"wrong {i} a", f"wrong {i}, b", f"wrong\n{i} c"}


def test_the_order_of_the_choices_is_a_matter_of_the_id_alone(suite: Suite) -> None:
    for i, sample in enumerate(suite.samples):
        answers = [f"right {i}", f"wrong {i} a", f"wrong {i}, b", f"wrong\n{i} c"]
        hashes = [hashlib.sha256(f"{sample.sample_id}:{n}".encode()).hexdigest() for n in range(4)]
        assert list(sample.choices) == [answer for _, answer in sorted(zip(hashes, answers, strict=True))]


def test_no_letter_is_the_right_one_more_often_than_chance_allows(suite: Suite) -> None:
    """A letter has 49.5 of 198 with a standard deviation of 6; 30 is five of these."""
    letters = Counter(sample.target for sample in suite.samples)
    assert set(letters) == set("ABCD")
    assert max(abs(count - N / 4) for count in letters.values()) < 30


def test_the_prompt_is_that_of_simple_evals(suite: Suite) -> None:
    first = suite.samples[0]
    (message,) = render_messages(suite, first, system=None, prompt=None)
    options = "\n".join(f"{letter}) {choice}" for letter, choice in zip("ABCD", first.choices, strict=True))
    instruction, _, rest = message["content"].partition("\n\n")
    assert rest == f"{first.input}\n\n{options}", "the question as it is, four choices, and no line end"
    assert instruction.endswith("where LETTER is one of ABCD. Think step by step before answering.")
    mmlu = (BUILT_IN / "mmlu_redux" / "prompt.jinja").read_text(encoding="utf-8")
    assert (FOLDER / "prompt.jinja").read_text(encoding="utf-8") == mmlu, "simple-evals has one for both"


def test_a_letter_is_graded(suite: Suite) -> None:
    (grader,) = make_graders(suite.graders, suite.name)
    for sample in suite.samples:
        grader.check(sample)
        for letter in "ABCD":
            grade = grader.grade(sample, f"Step by step: not so fast.\n\nAnswer: {letter}")
            assert grade.passed == (letter == sample.target)


def test_another_archive_is_refused_with_its_sha256(tmp_path: Path) -> None:
    (tmp_path / "dataset.zip").write_bytes(b"something else")
    with pytest.raises(SuiteError, match="not in it, under any name"):
        pull(read_definition(FOLDER), tmp_path / "cache", from_dir=tmp_path)
