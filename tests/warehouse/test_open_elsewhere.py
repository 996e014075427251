"""The catalog opens the same way on DuckDB's command line, in Python, and through ADBC and JDBC."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.warehouse.sample_run import land
from warehouse.catalog import NAME, rewrite_catalog
from warehouse.query import run_sql

QUERY = "select suite, variant, n, n_failed from leaderboard"
MAVEN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
DRIVER = "org.duckdb:duckdb_jdbc:1.1.3"
ADBC = """
import json, sys, adbc_driver_duckdb
from adbc_driver_manager import dbapi
options = {"path": sys.argv[1], "access_mode": "read_only"}
driver = {"driver": adbc_driver_duckdb.driver_path(), "entrypoint": "duckdb_adbc_init"}
with dbapi.connect(**driver, db_kwargs=options, autocommit=True) as c, c.cursor() as cursor:
    cursor.execute(sys.argv[2])
    print(json.dumps(cursor.fetchall()))
"""
JDBC = """
import java.sql.*;
import java.util.Properties;
class Read {
    public static void main(String[] words) throws Exception {
        Class.forName("org.duckdb.DuckDBDriver");
        Properties how = new Properties();
        how.setProperty("duckdb.read_only", "true");
        try (Connection c = DriverManager.getConnection("jdbc:duckdb:" + words[0], how);
             ResultSet r = c.createStatement().executeQuery(words[1])) {
            while (r.next()) System.out.println(
                String.join(",", r.getString(1), r.getString(2), r.getString(3), r.getString(4)));
        }
    }
}
"""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    warehouse = tmp_path_factory.mktemp("opened")
    land(warehouse, "r1")
    rewrite_catalog(warehouse)
    return warehouse


@pytest.fixture
def want(catalog: Path) -> list[list[object]]:
    rows = [list(row) for row in run_sql(catalog, QUERY).rows]
    assert rows
    return rows


def install(package: str, folder: Path) -> None:
    """Put a package into a folder of its own; where that cannot be, the test is skipped and says why."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
    done = subprocess.run([*pip, "--target", str(folder), package], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"{package} cannot be installed here: {done.stderr.strip()[-200:]}")


def said(words: list[str | Path], **more: str) -> str:
    done = subprocess.run(
        list(map(str, words)), capture_output=True, text=True, env=os.environ | more, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_through_adbc(catalog: Path, want: list[list[object]], tmp_path: Path) -> None:
    install("adbc-driver-manager", tmp_path)
    assert (
        json.loads(said([sys.executable, "-c", ADBC, catalog / NAME, QUERY], PYTHONPATH=str(tmp_path)))
        == want
    )


@pytest.mark.slow
def test_on_duckdbs_command_line(catalog: Path, want: list[list[object]], tmp_path: Path) -> None:
    install("duckdb-cli", tmp_path)
    tool: list[str | Path] = [
        sys.executable,
        tmp_path / "bin" / "duckdb",
        "-readonly",
        "-json",
        catalog / NAME,
        QUERY,
    ]
    rows = json.loads(said(tool, PYTHONPATH=str(tmp_path)))
    assert [list(row.values()) for row in rows] == want


@pytest.mark.slow
def test_through_jdbc(catalog: Path, want: list[list[object]], tmp_path: Path) -> None:
    missing = [tool for tool in ("java", "javac", "mvn") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not here (apt-get install default-jdk-headless maven)")
    copy = ["mvn", "--batch-mode", "--quiet", MAVEN, f"-Dartifact={DRIVER}", f"-DoutputDirectory={tmp_path}"]
    done = subprocess.run(copy, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        why = next((line for line in done.stdout.splitlines() if "ERROR" in line), done.stderr)
        pytest.skip(f"{DRIVER} cannot be fetched here: {why[-200:]}")
    (jar,) = tmp_path.glob("*.jar")
    (tmp_path / "Read.java").write_text(JDBC, encoding="utf-8")
    out = said(["java", "-cp", jar, tmp_path / "Read.java", catalog / NAME, QUERY])
    assert [line.split(",") for line in out.splitlines()] == [[str(v) for v in row] for row in want]
