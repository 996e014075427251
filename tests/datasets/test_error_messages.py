"""The suite error_diagnosis: messages that can be made here are what DuckDB and Python really say."""

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from bench.make_error_diagnosis import CASES

MESSAGES = "\n".join(case.message for case in CASES)
SQL = {
    "not grouped": """
        create table orders (customer_id int, order_id int, amount decimal(10, 2));
        select customer_id, order_id, max(amount) from orders group by customer_id
        """,
    "a type that was guessed": "create table addr as select * from read_csv('addr.csv')",
    "a window in where": """
        create table reading (device int, taken timestamp);
        select * from reading where row_number() over (partition by device order by taken desc) = 1
        """,
}
PYTHON = {
    "utf-16": "open('x', 'wb').write('id'.encode('utf-16'))\nopen('x', encoding='utf-8').read()",
    "naive": """
from datetime import datetime, timedelta, timezone
datetime(2024, 1, 1) < datetime.now(timezone.utc) - timedelta(hours=1)""",
    "running loop": """
import asyncio
async def main():
    asyncio.run(asyncio.sleep(0))
asyncio.run(main())""",
    "a lambda": """
from multiprocessing import Pool
if __name__ == "__main__":
    with Pool(1) as pool:
        pool.map(lambda row: row["a"] + 1, [{"a": 1}])""",
    "decimal": "from decimal import Decimal\nDecimal('1.5') * 1.19",
    "a lock": """
import duckdb, subprocess, sys
held = duckdb.connect("sales.duckdb")
subprocess.run([sys.executable, "-c", "import duckdb; duckdb.connect('sales.duckdb')"])""",
}


def quoted(message: str) -> str:
    """A message without what differs from run to run."""
    message = re.sub(r"0x[0-9a-f]{8,}|\(PID \d+\)|(?<=docs/)\w+(?=/)", "...", message)
    return re.sub(r'(?<=file ")[^"]+|(?<=held in )\S+', "...", message)


@pytest.mark.parametrize("name", SQL)
def test_duckdb_says_so(name: str, tmp_path: Path) -> None:
    codes = "".join(f"{n},{10000 + n}\n" for n in range(60_000))
    (tmp_path / "addr.csv").write_text(f"id,zip\n{codes}60001,SW1A 1AA\n", encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{tmp_path}'")
        with pytest.raises(duckdb.Error) as caught:
            connection.execute(SQL[name])
    said = str(caught.value).split("\nPossible solutions")[0].split("\n\nLINE")[0].strip()
    assert said in MESSAGES


def test_duckdb_refuses_the_second_of_two_transactions() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table counter (id int, n int); insert into counter values (1, 0)")
        first, second = connection.cursor(), connection.cursor()
        for cursor in (first, second):
            cursor.execute("begin")
        first.execute("update counter set n = n + 1")
        with pytest.raises(duckdb.Error) as caught:
            second.execute("update counter set n = n + 1")
        first.execute("rollback")
        first.close()
        second.close()
    assert str(caught.value) in MESSAGES


@pytest.mark.parametrize("name", PYTHON)
def test_python_says_so(name: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PYTHON[name], encoding="utf-8")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if line.strip() and "RuntimeWarning" not in line]
    last = next(line for line in reversed(lines) if not line.startswith(" "))
    assert quoted(last.removeprefix("_duckdb.IOException: ")) in quoted(MESSAGES)


def test_a_script_named_like_its_library_imports_itself(tmp_path: Path) -> None:
    script = tmp_path / "duckdb.py"
    script.write_text("import duckdb\nduckdb.connect()", encoding="utf-8")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr.strip().splitlines()[-1] in MESSAGES
