"""Bad data of a suite is one clear error, nothing is half loaded, and no size reaches nightbench."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tasks.load.query import MAX_ERROR_CHARS
from tasks.load.query_child import MAX_ROW_BYTES
from tasks.load.samples import load_suite
from warehouse.errors import SuiteError

CHECKOUT = Path(__file__).parents[3]
STRICT = "auto_detect = false, delim = ',', header = true, columns = {id: 'varchar', q: 'varchar'}"
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]


def csv(options: str) -> str:
    return f"select id as sample_id, q as input from read_csv('rows.csv', {options})"


def refusal(folder: Path, cache: Path) -> str:
    with pytest.raises(SuiteError) as caught:
        load_suite(folder, cache)
    message = str(caught.value)
    assert message.startswith(f"{folder / 'samples.sql'}: the query fails. Nothing was sent.")
    assert len(message) < MAX_ERROR_CHARS + 500
    return message


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param("id,q\n1,a\n2,b,c\n3,d\n", ("Line: 3", "2,b,c", "Found: 3"), id="a field too many"),
        pytest.param("id,q\n1,a\n2\n3,d\n", ("Line: 3", "Found: 1"), id="a field too few"),
        pytest.param('id,q\n1,a\n2,"b\n3,d\n', ("Line: 3", "unterminated quote"), id="an open quote"),
        pytest.param(
            "id,q\n1,a\n2," + "x" * 3_000_000, ("Line: 2", "aximum line size"), id="a line too long"
        ),
    ],
)
def test_a_broken_row_of_a_csv_is_named(
    make_suite: Any, cache: Path, rows: str, told: tuple[str, ...]
) -> None:
    message = refusal(make_suite(csv(STRICT + ", quote = '\"'"), files={"rows.csv": rows}), cache)
    assert "rows.csv" in message
    for words in told:
        assert words in message


def test_where_duckdb_does_not_name_the_row_the_error_says_how_it_would(make_suite: Any, cache: Path) -> None:
    guessed = csv("delim = ',', header = true, columns = {id: 'varchar', q: 'varchar'}")
    message = refusal(make_suite(guessed, files={"rows.csv": "id,q\n1,a\n2,b,c\n"}), cache)
    assert "auto_detect = false" in message


def test_a_broken_row_of_a_jsonl_is_named(make_suite: Any, cache: Path) -> None:
    sql = "select id as sample_id, q as input from read_json('r.jsonl', columns = {id: 'int', q: 'varchar'})"
    message = refusal(make_suite(sql, files={"r.jsonl": '{"id": 1, "q": "a"}\n{"id": 2, "q": "b\n'}), cache)
    assert "r.jsonl" in message
    assert "line" in message


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("select 1 as sample_id, repeat('x', {n}) as input", id="text"),
        pytest.param("select 1 as sample_id, 'Q' as input, [repeat('x', {n})] as choices", id="a list"),
    ],
)
def test_a_row_too_large_for_any_use_is_named(make_suite: Any, cache: Path, sql: str) -> None:
    before = "select 0 as sample_id, 'Q' as input" + (", ['y'] as choices" if "choices" in sql else "")
    folder = make_suite(f"{before} union all {sql.format(n=MAX_ROW_BYTES)} order by 1")
    assert "row 2 has 67,108," in refusal(folder, cache)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here")
@pytest.mark.parametrize(
    ("sql", "told"),
    [
        pytest.param(
            "select 1 as sample_id, content as input from read_text('big.jsonl')",
            "row 1 has 1,000,",
            id="text",
        ),
        pytest.param(
            "select id as sample_id, q as input "
            "from read_json('big.jsonl', columns = {id: 'varchar', q: 'varchar'})",
            "maximum_object_size",
            id="JSON",
        ),
        pytest.param(
            "select 1 as sample_id, q as input from read_csv('big.jsonl', delim = ',', quote = '', "
            "auto_detect = false, header = true, columns = {id: 'varchar', q: 'varchar'})",
            "CSV",  # by the size, a line too long or one that its reader does not support
            id="CSV",
        ),
    ],
)
def test_a_row_of_a_gigabyte_does_not_reach_the_process_that_loads(
    make_suite: Any, cache: Path, sql: str, told: str
) -> None:
    folder = make_suite(sql)
    with (folder / "big.jsonl").open("wb") as file:
        file.write(b"id,q\n0,a\n1," if "csv" in sql else b'{"id": 1, "q": "')
        for _ in range(100):
            file.write(b"x" * 10_000_000)
        file.write(b"\n2,b\n" if "csv" in sql else b'"}\n')
    program = (
        "import sys; from pathlib import Path; from tasks.load.samples import load_suite\n"
        "try: load_suite(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
        # The peak of this program alone: ru_maxrss begins with that of the process that forked it.
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), str(cache)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    (folder / "big.jsonl").unlink()
    error, _, peak_kb = done.stdout.strip().rpartition("\n")
    assert error.startswith("SuiteError")
    assert told in error
    assert int(peak_kb) < 100_000


@pytest.mark.parametrize("place", ["mine", "mine/suite.toml", "mine/samples.sql", "mine/rows.txt"])
def test_a_suite_without_rights_is_told_and_does_not_hide_the_others(
    make_suite: Any, tmp_path: Path, place: str
) -> None:
    sql = "select 1 as sample_id, content as input from read_text('rows.txt')"
    make_suite(sql, files={"rows.txt": "Q"})
    make_suite(name="other")
    closed = tmp_path / "suites" / place
    closed.chmod(0)
    program = (
        "import sys; from pathlib import Path; from tasks.load.discover import find_suite\n"
        "from tasks.load.samples import load_suite\n"
        "for name in ('other', 'mine'):\n"
        "    try: print(len(load_suite(find_suite(name, [Path(sys.argv[1])]), Path(sys.argv[2])).samples))\n"
        "    except Exception as error: print(type(error).__name__, error)\n"
    )
    words = AS_ANYBODY if os.geteuid() == 0 else []
    command = [*words, sys.executable, "-c", program, str(tmp_path / "suites"), str(tmp_path / "cache")]
    try:
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("permissions do not bind root, and there is no setpriv to give its rights up")
    finally:
        closed.chmod(0o755)
    other, _, mine = done.stdout.partition("\n")
    assert other == "1"
    assert mine.startswith(f"SuiteError {tmp_path / 'suites' / 'mine'}")
    assert "ermission" in mine
    assert "Nothing was sent" in mine
    assert not (tmp_path / "cache").exists()
