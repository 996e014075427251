"""A bundle's numbers are found again on another machine, and every lie in it is named."""

import json
import shutil
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.bundle_zip import LIST, BundleWriter
from tasks.bundling import write_bundle
from tasks.checking import Report, check_bundle
from tasks.home import Settings
from tests.conftest import Nightbench
from tests.flows.bundle_cases import import_run
from warehouse.bundled import BundledError
from warehouse.errors import SpecError

Row = dict[str, Any]
Change = Callable[[Row], Row | None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    """A home with an imported run of two suites, and its bundle."""
    folder = tmp_path_factory.mktemp("author")
    settings = import_run(folder)
    file = folder / "r.nightbench"
    write_bundle(settings, "r", file)
    return settings, file


def elsewhere(tmp_path: Path) -> Settings:
    """Another machine: the project's own suites, no home."""
    return Settings.read({"NIGHTBENCH_HOME": str(tmp_path / "nowhere")})


def told(settings: Settings, file: Path) -> Report:
    return check_bundle(settings, file)


def changed(file: Path, to: Path, table: str, change: Change, about: Change | None = None) -> Path:
    """A bundle with other rows, whose checksums are right again, as a liar would make it."""
    with zipfile.ZipFile(file) as old, BundleWriter(to) as new:
        listed = json.loads(old.read(LIST))
        for name in old.namelist():
            if name == LIST:
                continue
            lines = old.read(name).splitlines(keepends=True)
            if name == f"tables/{table}.jsonl":
                rows = [row for line in lines if (row := change(json.loads(line))) is not None]
                lines = [json.dumps(row).encode() + b"\n" for row in rows]
            new.add(name, lines)
        del listed["members"], listed["format"]
        new.finish((about(listed) if about else listed) or {})
    return to


def same(row: Row) -> Row:
    return row


def test_every_number_holds_on_another_machine(made: tuple[Settings, Path], tmp_path: Path) -> None:
    report = told(elsewhere(tmp_path), made[1])
    assert report.holds, report.checks
    assert {one.status for one in report.numbers if one.suite == "word_problems"} == {"holds"}
    accuracy = {one.suite: one.found for one in report.numbers if one.name == "accuracy"}
    assert accuracy == {"word_problems": 0.5, "mine": 0.5}
    assert not (tmp_path / "nowhere").exists()


def test_the_same_run_gives_the_same_bytes(made: tuple[Settings, Path], tmp_path: Path) -> None:
    again = write_bundle(made[0], "r", tmp_path / "again.nightbench")
    assert again.path.read_bytes() == made[1].read_bytes()


def test_a_suite_without_a_licence_leaves_hashes_and_its_grades_are_on_trust(
    made: tuple[Settings, Path], tmp_path: Path
) -> None:
    settings, file = made
    with zipfile.ZipFile(file) as bundle:
        everything = b"".join(bundle.read(name) for name in bundle.namelist())
    assert b"secret question" not in everything
    assert b"secret target" not in everything
    report = told(elsewhere(tmp_path), file)
    accuracy = next(one for one in report.numbers if (one.suite, one.name) == ("mine", "accuracy"))
    assert accuracy.status == "trusted"
    assert any("grades of mine" in sentence for sentence in report.on_trust)
    own = told(settings, file)  # who has the suite grades again
    assert {one.status for one in own.numbers} == {"holds"}
    assert "text of mine" in {one.what for one in own.checks}


def test_with_text_a_suite_of_ones_own_is_graded_again_elsewhere(
    made: tuple[Settings, Path], tmp_path: Path
) -> None:
    file = tmp_path / "whole.nightbench"
    write_bundle(made[0], "r", file, with_text=("mine",))
    report = told(elsewhere(tmp_path), file)
    assert report.holds
    assert {one.status for one in report.numbers} == {"holds"}
    assert any("text, targets and graders of mine" in sentence for sentence in report.on_trust)


def a_claim(about: Row) -> Row:
    about["claims"][0]["accuracy"] = 0.9
    return about


def test_a_claim_that_does_not_follow_is_named(made: tuple[Settings, Path], tmp_path: Path) -> None:
    lie = changed(made[1], tmp_path / "lie", "runs", same, a_claim)
    report = told(elsewhere(tmp_path), lie)
    assert not report.holds
    assert [(one.name, one.claimed) for one in report.numbers if one.status == "differs"] == [
        ("accuracy", 0.9)
    ]


def all_passed(row: Row) -> Row:
    return {**row, "passed": True, "score": 1.0, "reason": None}


def everything_right(about: Row) -> Row:
    for claim in about["claims"]:
        claim |= {"accuracy": 1.0, "mean_score": 1.0}
    return about


def test_grades_that_the_graders_do_not_give_are_named(made: tuple[Settings, Path], tmp_path: Path) -> None:
    lie = changed(made[1], tmp_path / "lie", "grades", all_passed, everything_right)
    report = told(elsewhere(tmp_path), lie)
    wrong = [one for one in report.checks if not one.holds]
    assert [one.what for one in wrong] == ["grades of word_problems by numeric"]
    assert "2 otherwise" in wrong[0].found
    accuracy = next(one for one in report.numbers if (one.suite, one.name) == ("word_problems", "accuracy"))
    assert (accuracy.found, accuracy.status) == (0.5, "differs")


def test_a_grader_that_nobody_knows_is_not_the_score(made: tuple[Settings, Path], tmp_path: Path) -> None:
    def other(row: Row) -> Row:
        return {**all_passed(row), "grader": "fake", "graded_at": "2999-01-01T00:00:00+00:00"}

    report = told(elsewhere(tmp_path), changed(made[1], tmp_path / "lie", "grades", other, everything_right))
    accuracy = next(one for one in report.numbers if (one.suite, one.name) == ("word_problems", "accuracy"))
    assert (accuracy.found, accuracy.status) == (0.5, "differs")


def test_a_changed_target_is_not_this_nightbenchs_text(made: tuple[Settings, Path], tmp_path: Path) -> None:
    def easy(row: Row) -> Row:
        return {**row, "target": "7"} if row["suite"] == "word_problems" else row

    report = told(elsewhere(tmp_path), changed(made[1], tmp_path / "lie", "samples", easy))
    assert "text of word_problems" in {one.what for one in report.checks if not one.holds}


def test_other_prices_are_named_with_the_cost_here(made: tuple[Settings, Path], tmp_path: Path) -> None:
    def half(row: Row) -> Row:
        return {**row, "usd_per_mtok": str(Decimal(row["usd_per_mtok"]) / 2)}

    report = told(elsewhere(tmp_path), changed(made[1], tmp_path / "lie", "prices", half))
    assert "prices" in {one.what for one in report.checks if not one.holds}
    assert "usd" in {one.name for one in report.numbers if one.status == "differs"}
    assert any("USD at this nightbench's prices" in one.found for one in report.checks)


def test_a_changed_member_is_named_by_its_checksum(made: tuple[Settings, Path], tmp_path: Path) -> None:
    file = tmp_path / "changed"
    with zipfile.ZipFile(made[1]) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) + (b"\n" if name == "spec.json" else b""))
        new.writestr("more.txt", "more")
    report = told(elsewhere(tmp_path), file)
    found = next(one for one in report.checks if one.what == "checksums").found
    assert "spec.json" in found
    assert "more.txt: is there and not listed" in found


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(LIST, b" " * (8 << 20))


def astray(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("../../evil", b"x")
        file.writestr(LIST, b"{}")


def absolute(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("/tmp/evil", b"x")


def no_list(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a", b"x")


def deep(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(LIST, b"[" * 200_000)


def no_zip(path: Path) -> None:
    path.write_text("hello")


def many(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for n in range(2_100):
            file.writestr(f"m{n}", b"")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(bomb, "when inflated", id="bomb"),
        pytest.param(astray, "no name of a member", id="out of its folder"),
        pytest.param(absolute, "no name of a member", id="absolute"),
        pytest.param(no_list, "has no bundle.json", id="no list"),
        pytest.param(deep, "not JSON", id="nested too deep"),
        pytest.param(no_zip, "is no bundle", id="no zip"),
        pytest.param(many, "members", id="too many members"),
    ],
)
def test_a_hostile_file_is_refused(make: Callable[[Path], None], said: str, tmp_path: Path) -> None:
    make(tmp_path / "x.nightbench")
    with pytest.raises(BundledError, match=said):
        check_bundle(elsewhere(tmp_path), tmp_path / "x.nightbench", max_bytes=4 << 20)


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        pytest.param("runs", {"run_id": "../../evil"}, "no run id", id="a path for a run"),
        pytest.param("calls", {"run_id": "other"}, "not in runs", id="a call of no run"),
        pytest.param("calls", {"input_tokens": 10**30}, "whole number", id="a huge count"),
        pytest.param("calls", {"more": 1}, "other columns", id="a column too many"),
        pytest.param("calls", {"call_key": "x' or 1=1 --"}, "no row of calls", id="no id"),
        pytest.param("prices", {"usd_per_mtok": "1e999999"}, "no amount", id="a number of a megabyte"),
        pytest.param("grades", {"score": "1.0"}, "no number", id="text for a number"),
        pytest.param("runs", {"spec": "{}"}, "spec of", id="no spec"),
    ],
)
def test_a_row_that_is_none_is_refused_with_its_place(
    made: tuple[Settings, Path], tmp_path: Path, table: str, change: Row, said: str
) -> None:
    lie = changed(made[1], tmp_path / "lie", table, lambda row: {**row, **change})
    with pytest.raises(BundledError, match=said):
        told(elsewhere(tmp_path), lie)


def test_a_grader_that_names_a_file_of_this_machine_is_refused(
    made: tuple[Settings, Path], tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    write_bundle(made[0], "r", whole, with_text=("mine",))

    def rubric(about: Row) -> Row:
        for suite in about["suites"]:
            options = {"map": [["rubric", "/etc/secret.toml"]]}
            suite["graders"] = [{"type": "judge", "options": options}]
        return about

    with pytest.raises(BundledError, match="name a file"):
        told(elsewhere(tmp_path), changed(whole, tmp_path / "lie", "runs", same, rubric))


def test_a_check_that_takes_too_long_is_stopped(made: tuple[Settings, Path], tmp_path: Path) -> None:
    with pytest.raises(BundledError, match="did not come to its end"):
        check_bundle(elsewhere(tmp_path), made[1], seconds=0.05)


def test_the_commands_say_what_holds_and_end_with_1_where_not(
    made: tuple[Settings, Path], nightbench: Nightbench, home: Path, tmp_path: Path
) -> None:
    home.rmdir()
    fine = nightbench("check", made[1], "--json")
    assert (fine.code, fine.json["holds"]) == (0, True)
    assert not home.exists()
    lie = changed(made[1], tmp_path / "lie", "runs", same, a_claim)
    said = nightbench("check", lie)
    assert said.code == 1
    assert "DOES NOT HOLD" in said.out
    assert nightbench("check", tmp_path / "no file").code == 1


def test_what_cannot_be_bundled_is_refused(made: tuple[Settings, Path], tmp_path: Path) -> None:
    settings, file = made
    with pytest.raises(SpecError, match="--force"):
        write_bundle(settings, "r", file)
    with pytest.raises(SpecError, match='run "nothing"'):
        write_bundle(settings, "nothing", tmp_path / "n")
    with pytest.raises(SpecError, match="--with-text other"):
        write_bundle(settings, "r", tmp_path / "n", with_text=("other",))
    assert list(tmp_path.iterdir()) == []
    shutil.copy(file, tmp_path / "there")
    write_bundle(settings, "r", tmp_path / "there", force=True)


@pytest.mark.slow
def test_verdicts_are_read_again_from_what_the_judges_wrote(
    nightbench: Nightbench, home: Path, tmp_path: Path
) -> None:
    words = ("--suite", "error_diagnosis", "--limit", "2", "--model", "simulated/gpt-4o-2024-05-13", "--yes")
    judges = ("--judge", "simulated/gpt-4o-mini", "--judge", "simulated/claude-haiku-5-5")
    assert nightbench("run", *words, *judges, "--run-id", "judged").code == 0
    file = tmp_path / "judged.nightbench"
    write_bundle(Settings.read({"NIGHTBENCH_HOME": str(home)}), "judged", file)
    fine = told(elsewhere(tmp_path), file)
    assert fine.holds
    assert any(one.what == "verdicts on error_diagnosis by judge" for one in fine.checks)

    def kinder(row: Row) -> Row:
        return {**row, "score": 0.123} if "@" in row["grader"] else row

    report = told(elsewhere(tmp_path), changed(file, tmp_path / "lie", "grades", kinder))
    wrong = [one for one in report.checks if not one.holds]
    assert [one.what for one in wrong] == ["verdicts on error_diagnosis by judge"]
    assert "0.123 is bundled" in wrong[0].found
