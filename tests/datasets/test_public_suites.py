"""The public benchmarks load whole from the real files, and their rows are what the sources say."""

import ast
import csv
import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tasks.grade.extract import extract
from tasks.grade.registry import make_graders
from tasks.load.definition import read_definition
from tasks.load.discover import BUILT_IN
from tasks.load.pull import pull
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.model import Sample, Suite

CHECKOUT = BUILT_IN.parent
N_SAMPLES = {
    "mmlu_redux": 5700,
    "mgsm": 2750,
    "gsm8k": 1319,
    "math500": 500,
    "humaneval": 164,
    "text_to_sql": 199,
}
VERSIONS = {
    "mmlu_redux": "1+f46f651e",
    "mgsm": "1+c45cc8da",
    "gsm8k": "1+2156efe9",
    "math500": "2+9d8d4483",
    "humaneval": "2+b181df25",
    "text_to_sql": "1+460fb9d7",
}
LANGUAGES = {
    **{"bn": "উত্তর", "de": "Antwort", "en": "Answer", "es": "Respuesta", "fr": "Réponse", "ja": "答え"},
    **{"ru": "Ответ", "sw": "Jibu", "te": "సమాధానం", "th": "คำตอบ", "zh": "答案"},
}
Loaded = Callable[[str], Suite]


@pytest.fixture(scope="module")
def loaded(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Pull a suite out of the shared folder and load it, once."""
    home = tmp_path_factory.mktemp("home") / "cache"

    @cache
    def load(name: str) -> Suite:
        definition = read_definition(BUILT_IN / name)
        files = pull(definition, home, from_dir=shared_data)
        assert [file.how for file in files] == ["copied"] * len(definition.sources)
        for source, file in zip(definition.sources, files, strict=True):
            if source.encoding == "utf-8":
                assert hashlib.sha256(file.path.read_bytes()).hexdigest() == source.sha256
        return load_suite(BUILT_IN / name, home)

    return load


def prompt_of(suite: Suite, sample: Sample) -> str:
    (message,) = render_messages(suite, sample, system=None, prompt=None)
    return message["content"]


@pytest.mark.parametrize("name", N_SAMPLES)
def test_every_row_loads_and_every_prompt_renders(name: str, loaded: Loaded) -> None:
    suite = loaded(name)
    assert len({sample.sample_id for sample in suite.samples}) == len(suite.samples) == N_SAMPLES[name]
    assert all(prompt_of(suite, sample) for sample in suite.samples)
    graders = make_graders(suite.graders, name)
    for sample in suite.samples:
        assert sample.target
        for grader in graders:
            grader.check(sample)


@pytest.mark.parametrize("name", N_SAMPLES)
def test_the_version_does_not_change_unannounced(name: str, loaded: Loaded) -> None:
    """A new version here means that nights before and after are not compared: is that what you want?"""
    assert loaded(name).version == VERSIONS[name]


@pytest.mark.parametrize("name", N_SAMPLES)
def test_a_definition_says_what_commit_which_licence_and_whom_to_cite(name: str) -> None:
    card = read_definition(BUILT_IN / name).card
    assert card.licence
    assert re.search("arXiv:|github.com/defog-ai", str(card.citation)), "a paper, where there is one"
    assert card.source
    for source in card.source:
        assert re.search(r"/[0-9a-f]{40}/", source.url), "a commit, not a branch"
    text = (BUILT_IN / name / "suite.toml").read_text(encoding="utf-8")
    assert name == "gsm8k" or re.match(r"# (?s:.)*github\.com/\S+ at [0-9a-f]{12}", text)


# MMLU-Redux


def test_mmlu_redux_rows_are_those_that_pythons_own_csv_reads(loaded: Loaded, shared_data: Path) -> None:
    samples = iter(loaded("mmlu_redux").samples)
    for file in sorted((shared_data / "mmlu-redux").glob("*.csv")):
        encoding = "mac_roman" if file.name == "mmlu_moral_scenarios.csv" else "utf-8"
        with file.open(encoding=encoding, newline="") as lines:
            separator = ";" if lines.readline().count(";") > 2 else ","
            lines.seek(0)
            rows = list(csv.DictReader(lines, delimiter=separator))
        assert len(rows) == 100
        for place, row in enumerate(rows):
            sample = next(samples)
            assert sample.sample_id == f"{file.stem.removeprefix('mmlu_')}-{place}"
            assert sample.input == row["question"].strip(" \t\r\n").replace("\r\n", "\n")
            assert list(sample.choices) == [c.strip(" \t\r\n") for c in ast.literal_eval(row["choices"])]
            assert sample.metadata["label"] == "ABCD"[int(row["answer"])]
            assert sample.metadata["error_type"] == row["error_type"].strip().lower().replace(" ", "_")
            assert (sample.metadata["correct_answer"] or "") == row["correct_answer"]
            assert sample.category == file.stem.removeprefix("mmlu_")
    assert next(samples, None) is None


def test_mmlu_redux_error_types_have_one_spelling_and_unsound_items_are_not_scored(loaded: Loaded) -> None:
    samples = loaded("mmlu_redux").samples
    by_type = Counter((sample.metadata["error_type"], sample.scored) for sample in samples)
    assert by_type == {
        ("ok", True): 5330,
        ("wrong_groundtruth", True): 102,
        ("wrong_groundtruth", False): 5,  # the annotators name no right option
        ("bad_question_clarity", False): 114 + 18,
        ("multiple_correct_answers", False): 39,
        ("no_correct_answer", False): 33 + 2,
        ("expert", False): 32,
        ("bad_options_clarity", False): 24 + 1,
    }
    assert Counter(sample.category for sample in samples).most_common()[-1][1] == 100


@pytest.mark.parametrize(
    ("sample_id", "label", "target", "scored"),
    [
        pytest.param("abstract_algebra-1", "D", "C", True, id="corrected by an index"),
        pytest.param("college_chemistry-77", "B", "C", True, id="corrected by a letter"),
        pytest.param("virology-99", "C", "D", True, id="corrected by a letter, in the other spelling"),
        pytest.param("anatomy-73", "B", "D", True, id="corrected, in a file with semicolons"),
        pytest.param("abstract_algebra-87", "C", "C", False, id="wrong, and no correction"),
        pytest.param("abstract_algebra-8", "D", "D", False, id="none correct, a formula as the correction"),
        pytest.param("astronomy-49", "D", "D", True, id="sound, whatever stands as the correction"),
        pytest.param("global_facts-2", "A", "A", True, id="sound, and a word as the correction"),
        pytest.param("machine_learning-34", "B", "B", False, id="several correct"),
        pytest.param("abstract_algebra-96", "C", "C", False, id="for an expert"),
        pytest.param("moral_scenarios-0", "D", "D", True, id="sound, in Mac Roman"),
    ],
)
def test_mmlu_redux_targets(loaded: Loaded, sample_id: str, label: str, target: str, scored: bool) -> None:
    sample = next(sample for sample in loaded("mmlu_redux").samples if sample.sample_id == sample_id)
    assert (sample.metadata["label"], sample.target, sample.scored) == (label, target, scored)


def test_mmlu_redux_text_is_whole(loaded: Loaded) -> None:
    suite = loaded("mmlu_redux")
    by_id = {sample.sample_id: sample for sample in suite.samples}
    texts = "\n".join(prompt_of(suite, sample) for sample in suite.samples)
    assert "I slapped my sister’s hea" in texts, "Mac Roman"
    assert "\r" not in texts
    assert prompt_of(suite, by_id["world_religions-99"]).endswith(
        "flower arranging?\n\nA) Zazen\nB) Tariki\nC) Kami\nD) Ikebana"
    )
    assert "\n" in str(by_id["high_school_us_history-0"].input), "a quoted line break"


def test_mmlu_redux_says_that_it_is_not_mmlu(loaded: Loaded) -> None:
    assert "not MMLU" in loaded("mmlu_redux").title


def test_mmlu_redux_card_is_what_its_program_writes(shared_data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.make_mmlu_redux", shared_data / "mmlu-redux", "--check"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "as committed\n"), done.stderr


# MGSM


def test_mgsm_is_250_problems_in_11_languages_each_a_cluster(loaded: Loaded, shared_data: Path) -> None:
    samples = loaded("mgsm").samples
    assert Counter(sample.category for sample in samples) == dict.fromkeys(LANGUAGES, 250)
    assert set(Counter(sample.cluster for sample in samples).values()) == {11}
    by_id = {sample.sample_id: sample for sample in samples}
    for language in LANGUAGES:
        lines = (shared_data / "mgsm" / f"mgsm_{language}.tsv").read_text(encoding="utf-8").splitlines()
        for place, line in enumerate(lines):
            sample = by_id[f"{language}-{place}"]
            assert [sample.input, sample.target] == [part.strip() for part in line.split("\t")]
            assert sample.cluster == f"problem-{place}"


def test_mgsm_translations_of_a_problem_have_one_answer(loaded: Loaded) -> None:
    answers = defaultdict(set)
    for sample in loaded("mgsm").samples:
        answers[sample.cluster].add(str(sample.target).replace(",", ""))
    assert {cluster for cluster, found in answers.items() if len(found) > 1} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_mgsm_is_asked_in_the_language_of_the_question(language: str, loaded: Loaded) -> None:
    suite = loaded("mgsm")
    for sample in suite.samples:
        if sample.category == language:
            instruction, _, question = prompt_of(suite, sample).partition("\n\n")
            assert f"{LANGUAGES[language]}:" in instruction
            assert question == sample.input
            assert not any(
                f"{word}:" in instruction for other, word in LANGUAGES.items() if other != language
            )


# MATH-500 and HumanEval


def test_math500_is_asked_with_the_prompts_of_its_file(loaded: Loaded, shared_data: Path) -> None:
    suite = loaded("math500")
    lines = (shared_data / "math500" / "math500.jsonl").read_text(encoding="utf-8").splitlines()
    for sample, row in zip(suite.samples, map(json.loads, lines), strict=True):
        assert (prompt_of(suite, sample), sample.target) == (row["prompt"], row["answer"])
        assert "put your final answer" not in str(sample.input)
        assert extract("boxed", rf"So it is \boxed{{{sample.target}}}.") == row["answer"].strip()


def test_humaneval_targets_are_whole_programs(loaded: Loaded, shared_data: Path) -> None:
    suite = loaded("humaneval")
    with gzip.open(shared_data / "humaneval" / "HumanEval.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for sample, row in zip(suite.samples, rows, strict=True):
        assert (sample.sample_id, sample.row["test"]) == (row["task_id"], row["test"])
        assert prompt_of(suite, sample).endswith(f"the code for this function.\n{row['prompt']}")
        assert sample.target == row["prompt"] + row["canonical_solution"]
        defined = [
            node.name
            for node in ast.parse(row["prompt"] + row["canonical_solution"]).body
            if isinstance(node, ast.FunctionDef)
        ]
        assert sample.row["entry_point"] in defined
        answer = f"Here it is:\n```python\n{sample.target}\n```\n"
        assert extract("code", answer) == str(sample.target).strip("\n")
