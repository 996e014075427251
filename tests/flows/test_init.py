"""What `init` writes runs as it stands: suites of three kinds of file, and a spec for what is on hand."""

import json
import tomllib
from pathlib import Path

import duckdb
import pytest

from tasks.call.facts import current_models
from tasks.new_spec import SIMULATED
from tasks.spec import EvalSpec, ModelEntry, make_spec
from tests.conftest import Nightbench
from tests.flows.conftest import query

MODEL = "simulated/claude-3-5-sonnet-20240620"
SEMICOLONS = (
    "Frage;Antwort;Fach\r\n"
    "Wie viele Tage hat das Jahr 2024?;366;Zeit\r\n"
    '"Was kostet ein Heft, wenn zwei 3,00 € kosten?";1,50;Geld\r\n'
    "Wie viele Stunden hat ein Tag?;24;Zeit\r\n"
    "Wie viel sind 12 % von 50 €?;6;Geld\r\n"
)
NESTED = [
    {"meta": {"id": f"q{n}", "topic": "t"}, "ask": {"question": f"Which is number {n}?"},
     "gold": {"label": label}, "seen": "2024-01-02",
     "options": [{"text": "one"}, {"text": "two"}, {"text": "three"}]}
    for n, label in enumerate("ABCA")
]  # fmt: skip
QUERY = """select 'p' || i as id, 'When was event ' || i || '?' as question,
    '2024-01-0' || (i + 1) as answer,
    date '2024-01-01' + cast(i as integer) as asked_on from range(5) as r(i)"""


def csv_with_semicolons_and_a_bom(folder: Path) -> Path:
    (folder / "rows.csv").write_bytes(SEMICOLONS.encode("utf-8-sig"))
    return folder / "rows.csv"


def jsonl_with_nested_fields(folder: Path) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in NESTED)
    (folder / "rows.jsonl").write_text(text, encoding="utf-8")
    return folder / "rows.jsonl"


def parquet(folder: Path) -> Path:
    rows = duckdb.sql(QUERY)
    assert rows is not None
    rows.write_parquet(str(folder / "rows.parquet"))
    return folder / "rows.parquet"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("write", "grader", "targets", "prompt"),
    [
        (csv_with_semicolons_and_a_bom, "numeric", ["366", "1,50", "24", "6"], "Wie viele Tage hat"),
        (jsonl_with_nested_fields, "choice", [*"ABCA"], "Which is number 0?\n\nA) one\nB) two\nC) three"),
        (parquet, "includes", [f"2024-01-0{n}" for n in range(1, 6)], "When was event 0?"),
    ],
)  # fmt: skip
def test_a_suite_made_of_a_file_runs_as_it_stands(
    write: object,
    grader: str,
    targets: list[str],
    prompt: str,
    home: Path,
    tmp_path: Path,
    nightbench: Nightbench,
) -> None:
    assert callable(write)
    made = nightbench("init", "suite", "mine", "--from", write(tmp_path), "--dir", tmp_path / "my", "--json")
    assert made.code == 0, made.err
    told = made.json
    assert (told["samples"], told["graders"][0]["type"]) == (len(targets), grader)
    assert told["why"]
    assert len(told["prompts"]) == 3
    assert told["prompts"][0]["messages"][0]["content"].startswith(prompt)
    env = {"NIGHTBENCH_SUITES": str(tmp_path / "my")}
    checked = nightbench("suites", "check", "mine", "--json", env=env)
    assert (checked.code, checked.json["findings"]) == (0, [])
    run = nightbench("run", "--suite", "mine", "--model", MODEL, "--run-id", "first", env=env)
    assert run.code == 0, run.err
    rows = query(home, "select sample_id, target from samples where suite = 'mine' order by sample_id")
    assert [row["target"] for row in rows] == targets
    assert query(home, "select n, n_failed from leaderboard_simulated") == [
        {"n": len(targets), "n_failed": 0}
    ]
    assert query(home, "select distinct grader from grades") == [{"grader": grader}]


def test_init_suite_says_what_it_took_and_what_comes_next(tmp_path: Path, nightbench: Nightbench) -> None:
    file = csv_with_semicolons_and_a_bom(tmp_path)
    said = nightbench("init", "suite", "mine", "--from", file, "--dir", tmp_path / "my")
    assert said.code == 0, said.err
    for part in (
        "byte order mark",
        "semicolons",
        '"Frage", by its name',
        "grader:    numeric, because",
        "row-3",
    ):
        assert part in said.out
    assert (
        f"nightbench run --suite mine --model simulated/gpt-4o-2024-05-13 --suites-dir {tmp_path}/my"
        in said.out
    )
    again = nightbench("init", "suite", "mine", "--from", file, "--dir", tmp_path / "my")
    assert again.code == 2
    assert "not overwritten" in again.err
    wrong = nightbench(
        "init", "suite", "other", "--from", file, "--target", "Antwrot", "--dir", tmp_path / "my"
    )
    assert wrong.code == 2
    assert "Did you mean Antwort?" in wrong.err


def test_init_spec_names_what_is_on_hand_and_can_be_planned(tmp_path: Path, nightbench: Nightbench) -> None:
    spec = tmp_path / "nightly.toml"
    made = nightbench("init", "spec", spec, "--json")
    assert made.code == 0, made.err
    assert made.json["models"] == list(SIMULATED)
    assert {"word_problems", "json_only"} <= set(made.json["suites"])
    assert "gsm8k" not in made.json["suites"]
    text = spec.read_text(encoding="utf-8")
    assert '# "gsm8k",  # first: nightbench datasets pull gsm8k' in text
    planned = nightbench("plan", spec, "--json")
    assert planned.code == 0, planned.err
    assert {line["suite"] for line in planned.json["lines"]} == set(made.json["suites"])
    again = nightbench("init", "spec", spec)
    assert (again.code, "not overwritten" in again.err) == (2, True)
    assert spec.read_text(encoding="utf-8") == text


def test_init_spec_takes_the_models_whose_keys_are_set(tmp_path: Path, nightbench: Nightbench) -> None:
    spec = tmp_path / "spec.toml"
    made = nightbench("init", "spec", spec, "--json", env={"OPENAI_API_KEY": "k"})
    assert made.json["models"] == [current_models()["openai"]]
    assert f'# model = "{current_models()["anthropic"]}"  # needs ANTHROPIC_API_KEY' in spec.read_text()


def test_init_spec_takes_the_users_own_suites_first(tmp_path: Path, nightbench: Nightbench) -> None:
    env = {"NIGHTBENCH_SUITES": str(tmp_path / "my")}
    (tmp_path / "my").mkdir()
    file = csv_with_semicolons_and_a_bom(tmp_path)
    assert nightbench("init", "suite", "mine", "--from", file, env=env).code == 0
    assert nightbench("init", "spec", tmp_path / "spec.toml", "--json", env=env).json["suites"] == ["mine"]
    assert nightbench("plan", tmp_path / "spec.toml", env=env).code == 0


def test_every_line_of_the_spec_that_is_commented_out_can_be_put_in_force(
    tmp_path: Path, nightbench: Nightbench
) -> None:
    spec = tmp_path / "spec.toml"
    assert nightbench("init", "spec", spec).code == 0
    lines = spec.read_text(encoding="utf-8").splitlines()
    fields = [line[2:] for line in lines if line.startswith("# ") and line[2:].split(" ")[0] in _fields()]
    assert len(fields) >= len(_fields()) - 5
    text = "\n".join(line[2:] if line[2:] in fields else line for line in lines)
    make_spec(tomllib.loads(text.replace("# [[models]]\n# model", "# model")))


def _fields() -> set[str]:
    return {*EvalSpec.model_fields, *ModelEntry.model_fields} - {"model", "models", "suites", "limit"}


@pytest.mark.parametrize("words", [("init",), ("init", "suite"), ("init", "spec")])
def test_help_has_an_example(words: tuple[str, ...], nightbench: Nightbench) -> None:
    assert "Example" in nightbench(*words, "--help").out


def test_suites_check_ends_with_1_where_something_is_wrong(tmp_path: Path, nightbench: Nightbench) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(
        "question,answer\nWho is it?,Ada\nWho is it?,Bo\nWhere is the cafÃ©?,Lima\n", encoding="utf-8"
    )
    env = {"NIGHTBENCH_SUITES": str(tmp_path / "my")}
    (tmp_path / "my").mkdir()
    assert nightbench("init", "suite", "mine", "--from", file, env=env).code == 0
    said = nightbench("suites", "check", "mine", env=env)
    assert said.code == 1
    for part in ("contradictory_targets", "row-1, row-2", "mojibake", "row-3", "Ã© for é", "keep one row"):
        assert part in said.out
    told = nightbench("suites", "check", "mine", "--json", env=env)
    assert (told.code, told.json["ok"]) == (1, False)
    assert [finding["severity"] for finding in told.json["findings"]] == ["error", "error"]
    assert told.json["findings"][0]["sample_ids"] == ["row-1", "row-2"]


@pytest.mark.parametrize("suite", ["word_problems", "json_only"])
def test_the_starter_suites_are_sound(suite: str, nightbench: Nightbench) -> None:
    said = nightbench("suites", "check", suite, "--json")
    assert (said.code, said.json["findings"]) == (0, [])


def test_gsm8k_has_kin_and_nothing_wrong(shared_data: Path, nightbench: Nightbench) -> None:
    for name in ("gsm8k", "gsm8k_json"):
        assert nightbench("datasets", "pull", name, "--from", shared_data).code == 0
    said = nightbench("suites", "check", "gsm8k", "--json")
    assert said.code == 0
    assert [(f["severity"], f["check"], len(f["sample_ids"])) for f in said.json["findings"]] == [
        ("note", "near_duplicates", 1319)
    ]


def test_a_model_with_a_small_context_can_be_named(nightbench: Nightbench) -> None:
    said = nightbench("suites", "check", "json_only", "--model", "openai/gpt-3.5-turbo", "--json")
    assert said.json["contexts"] == {"openai/gpt-3.5-turbo": 16385}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("suites", "check"), "which suite?"),
        (("suites", "check", "jsononly"), 'Did you mean "json_only"'),
        (("suites", "json_only", "gsm8k"), "belongs to `nightbench suites check NAME`"),
        (("suites", "check", "json_only", "--model", "gpt"), "provider/name"),
    ],
)
def test_a_wrong_use_of_check_is_told(words: tuple[str, ...], said: str, nightbench: Nightbench) -> None:
    done = nightbench(*words)
    assert done.code == 2
    assert said in done.err
