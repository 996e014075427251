"""Labels of pairs and of single answers are read as they stand; what is none is named with row and column."""

import json
from pathlib import Path

import pytest

from tasks.judges.labels import LabelledAnswer, LabelledPair, read_judge_labels
from warehouse.errors import SpecError

PAIRS = "sample_id,input,answer_a,answer_b,label,verdict,verdict_swapped\n"
ANSWERS = "sample_id,input,answer,passed,target,verdict_passed\n"


def write(folder: Path, text: str, name: str = "labels.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_pairs_with_what_a_judge_said_of_them(tmp_path: Path) -> None:
    labels = read_judge_labels(write(tmp_path, PAIRS + "7,Hi?,yes,no,A,b,\n8,Hi?,,no,tie,1,2\n"))
    assert labels.pairs == (
        LabelledPair("7", "Hi?", "yes", "no", "a", "b", None),
        LabelledPair("8", "Hi?", "", "no", "tie", "a", "b"),
    )
    assert (labels.answers, labels.recorded, len(labels)) == ((), ("verdict", "verdict_swapped"), 2)


def test_single_answers(tmp_path: Path) -> None:
    labels = read_judge_labels(write(tmp_path, ANSWERS + "1,2+2?,4,true,4,no\n2,2+2?,5,0,,\n"))
    assert labels.answers == (
        LabelledAnswer("1", "2+2?", "4", True, "4", False),
        LabelledAnswer("2", "2+2?", "5", False, None, None),
    )
    assert (labels.pairs, labels.recorded) == ((), ("verdict_passed",))


def test_a_map_names_other_columns(tmp_path: Path) -> None:
    rows = [{"id": 1, "q": "Hi?", "texts": ["yes", "no"], "best": "b"}]
    file = write(tmp_path, json.dumps(rows), "own.json")
    labels = read_judge_labels(
        file,
        "select id as sample_id, q as input, texts[1] as answer_a, texts[2] as answer_b, best as label "
        "from source",
    )
    assert labels.pairs == (LabelledPair("1", "Hi?", "yes", "no", "b"),)
    assert not labels.recorded


def llmbar(winner: object = "2") -> list[dict[str, object]]:
    results = [{"swap = False": {"winner": "1"}, "swap = True": {"winner": winner}}]
    row = {"input": "Hi?", "output_1": "yes", "output_2": "no", "label": 1, "results": results}
    return [row, {**row, "label": 2}]


def test_llmbars_own_files_need_no_map(tmp_path: Path) -> None:
    labels = read_judge_labels(write(tmp_path, json.dumps(llmbar()), "llmbar.json"))
    assert labels.pairs == (
        LabelledPair("1", "Hi?", "yes", "no", "a", "a", "b"),
        LabelledPair("2", "Hi?", "yes", "no", "b", "a", "b"),
    )


def test_a_reply_that_llmbar_could_not_read_is_a_verdict_that_failed(tmp_path: Path) -> None:
    labels = read_judge_labels(write(tmp_path, json.dumps(llmbar("none")), "llmbar.json"))
    assert [(pair.verdict, pair.verdict_swapped) for pair in labels.pairs] == [("a", None)] * 2


def test_llmbar_without_results_has_labels_alone(tmp_path: Path) -> None:
    rows = [{name: value for name, value in row.items() if name != "results"} for row in llmbar()]
    labels = read_judge_labels(write(tmp_path, json.dumps(rows), "llmbar.json"))
    assert (len(labels.pairs), labels.recorded) == (2, ())


def test_the_hash_is_of_the_labels_and_not_of_verdicts_or_their_order(tmp_path: Path) -> None:
    first = read_judge_labels(write(tmp_path, PAIRS + "1,q,x,y,a,a,a\n2,q,x,y,b,b,b\n"))
    same = read_judge_labels(write(tmp_path, PAIRS + "2,q,x,y,b,a,tie\n1,q,x,y,a,,b\n"))
    other = read_judge_labels(write(tmp_path, PAIRS + "1,q,x,y,b,a,a\n2,q,x,y,b,b,b\n"))
    assert first.hash == same.hash
    assert first.hash != other.hash


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(PAIRS + "1,q,x,y,a,a,a\n2,q,x,y,left,a,a\n", ["row 2", '"label"', "left"], id="label"),
        pytest.param(PAIRS + "1,q,x,y,,a,a\n", ["row 1", '"label"', "there is none"], id="no label"),
        pytest.param(PAIRS + "1,q,x,y,a,yes,a\n", ["row 1", '"verdict"', "yes"], id="verdict"),
        pytest.param(PAIRS + "1,q,x,y,a,a,3\n", ["row 1", '"verdict_swapped"', "3"], id="second verdict"),
        pytest.param(PAIRS + "1,,x,y,a,a,a\n", ["row 1", '"input"', "empty"], id="no input"),
        pytest.param(PAIRS + "1,q,x,y,a,a,a\n1,q,x,y,a,a,a\n", ["row 2", '"sample_id"', "row 1"], id="twice"),
        pytest.param(ANSWERS + "1,q,x,maybe,,\n", ["row 1", '"passed"', "maybe"], id="passed"),
        pytest.param(ANSWERS + "1,q,x,,,\n", ["row 1", '"passed"', "there is none"], id="no passed"),
        pytest.param(ANSWERS + "1,q,x,true,,7\n", ["row 1", '"verdict_passed"', "7"], id="verdict_passed"),
        pytest.param(
            "sample_id,input,answer_a,answer_b\n1,q,x,y\n", ['"label"', "--map"], id="pairs, no label"
        ),
        pytest.param("id,input,answer,passed\n1,q,x,1\n", ['"sample_id"', "--map"], id="no sample_id"),
        pytest.param(PAIRS, ["no label in it"], id="nothing"),
    ],
)
def test_what_is_no_label_is_named(text: str, said: list[str], tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        read_judge_labels(write(tmp_path, text))
    message = str(caught.value)
    assert all(word in message for word in [*said, "labels.csv", "Nothing was calibrated."]), message


def test_results_that_are_not_llmbars_are_named(tmp_path: Path) -> None:
    rows = [{**llmbar()[0], "results": [{"swap": {"winner": "1"}}]}]
    with pytest.raises(SpecError, match=r'row 1, column "results".*--map'):
        read_judge_labels(write(tmp_path, json.dumps(rows), "llmbar.json"))


def test_a_file_that_is_not_there_and_one_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no such file"):
        read_judge_labels(tmp_path / "none.csv")
    with pytest.raises(SpecError, match=r"\.parquet"):
        read_judge_labels(write(tmp_path, "x", "labels.xlsx"))
