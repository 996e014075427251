"""The text of a sealed suite, and what models say to it, is nowhere in the home, and in nothing printed.

The suite's questions and right answers hold a canary, and so do the models' answers and the servers' errors.
Only the journal of a run that is not complete may hold it: a resume needs that.
"""

import csv
import hashlib
import io
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tasks.model import hash_uuid
from tests.conftest import Nightbench, Said
from tests.flows.conftest import asked, query, start_nightbench
from tests.sealed_archive import write_sealed_zip

CANARY = "canary-7f3a91d2"
N = 12
PASSWORD = "published by its authors"
SIMULATED = "simulated/gpt-4o-2024-05-13"
CARD = """name = "vault"
sealed = true
[[graders]]
type = "exact"
[source]
url = "https://example.org/vault.zip"
sha256 = "{pin}"
archive = {{ member = "vault.csv", password = "{password}" }}
"""
SQL = """select id as sample_id, question as input, answer as target, 'easy' as category,
    {'hint': answer} as metadata, 'Keep ' || answer || ' to yourself.' as system
from source
"""


def question(i: int) -> str:
    return f"What is the {CANARY} of {i}?"


def answer(i: int) -> str:
    return f"the {CANARY} number {i}"


def told() -> list[dict[str, str]]:
    """What a simulated server of the test's own has to know."""
    rows = []
    for i in range(N):
        system = {"role": "system", "content": f"Keep {answer(i)} to yourself."}
        messages = [system, {"role": "user", "content": question(i)}]
        rows.append({"prompt_hash": str(hash_uuid(messages)), "target": answer(i), "sample_id": f"q{i}"})
    return [{**row, "suite": "vault", "form": "text"} for row in rows]


class Vault:
    """A home with the suite pulled into it; every command's words are kept and searched."""

    def __init__(self, home: Path, tmp_path: Path, nightbench: Nightbench) -> None:
        self.home = home
        self.scratch = tmp_path / "scratch"
        self.said: list[str] = []
        self.env = {
            "NIGHTBENCH_SUITES": str(tmp_path / "suites"),
            "TMPDIR": str(self.scratch),
            "PREFECT_LOGGING_LEVEL": "DEBUG",
            "OPENAI_API_KEY": "sk-none",
        }
        self._nightbench = nightbench

    def run(self, *words: str | Path, code: int = 0) -> Said:
        """A command, which ends with this code."""
        done = self._nightbench(*words, env=self.env)
        self.said += [done.out, done.err]
        assert done.code == code, done.err
        return done

    def places(self) -> set[str]:
        """Where the canary is: files by their folder in the home, and commands by what they said."""
        found = set()
        for folder in (self.home, self.scratch):
            for path in folder.rglob("*"):
                if path.is_file() and CANARY.encode() in read(path):
                    found.add(str(path.relative_to(folder.parent)))
        return found | {words for words in self.said if CANARY in words}

    def journal(self, run_id: str) -> list[str]:
        """What lies in a run's journal folder."""
        return sorted(path.name for path in (self.home / "journal" / run_id).iterdir())


def read(path: Path) -> bytes:
    """A file's bytes; of Parquet, which is compressed, every value."""
    if path.suffix != ".parquet":
        return path.read_bytes()
    with duckdb.connect() as connection:
        return str(connection.execute("select * from read_parquet(?)", [str(path)]).fetchall()).encode()


@pytest.fixture
def vault(home: Path, tmp_path: Path, nightbench: Nightbench) -> Vault:
    """The suite, pulled."""
    made = Vault(home, tmp_path, nightbench)
    made.scratch.mkdir()
    out = io.StringIO()
    csv.writer(out).writerows(
        [["id", "question", "answer"], *([f"q{i}", question(i), answer(i)] for i in range(N))]
    )
    archives, folder = tmp_path / "archives", tmp_path / "suites" / "vault"
    archives.mkdir()
    folder.mkdir(parents=True)
    write_sealed_zip(archives / "vault.zip", {"vault.csv": out.getvalue().encode()}, PASSWORD)
    pin = hashlib.sha256((archives / "vault.zip").read_bytes()).hexdigest()
    card = CARD.format(pin=pin, password=PASSWORD)
    (folder / "suite.toml").write_text(card, encoding="utf-8")
    (folder / "samples.sql").write_text(SQL, encoding="utf-8")
    made.run("datasets", "pull", "vault", "--from", archives)
    return made


def spec_of(tmp_path: Path, base_url: str, model: str = SIMULATED, **fields: object) -> Path:
    """A spec that puts the suite to a server of the test's own."""
    path = tmp_path / "spec.toml"
    more = "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())
    path.write_text(
        f'suites = ["vault"]\n{more}[[models]]\nmodel = "{model}"\nbase_url = "{base_url}"\n'
        "limits = { in_flight = 2 }\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.slow
def test_a_complete_run_leaves_grades_and_no_text(vault: Vault) -> None:
    vault.run("suites")
    shown = vault.run("suites", "vault")
    assert "sealed" in shown.out
    assert "sha256:" in shown.out
    shown = vault.run("suites", "vault", "--json")
    assert (shown.json["samples"], shown.json["sealed"]) == (N, True)
    words = ("--suite", "vault", "--suite", "word_problems", "--limit", "6", "--model", SIMULATED)
    vault.run("plan", *words)
    vault.run("run", *words, "--run-id", "r1")
    for command in (("report", "r1"), ("report", "r1", "--markdown"), ("runs",)):
        vault.run(*command)
    vault.run("journal", "r1", code=1)
    for table in ("runs", "samples", "prompts", "calls", "attempts", "grades", "leaderboard_simulated"):
        vault.run("sql", f"select * from {table}", "--format", "csv")
    assert vault.journal("r1") == ["removed.txt"]
    assert vault.places() == set()
    (vault.home / "planted").write_text(CANARY, encoding="utf-8")
    assert vault.places() == {"home/planted"}  # the search would have found it

    calls = query(
        vault.home,
        "select suite, count(*) as n, count(response) as said, count(g.answer) as answers, "
        "count(g.explanation) as why, bool_and(output_tokens > 0) as counted, "
        "sum(g.passed::int) as passed, count(*) filter (g.reason = 'wrong') as wrong "
        "from calls join grades g using (run_id, call_key, suite) group by suite order by suite",
    )
    sealed, free = calls
    assert (sealed["n"], sealed["said"], sealed["answers"], sealed["why"]) == (6, 0, 0, 0)
    assert sealed["counted"]
    assert int(sealed["passed"]) + int(sealed["wrong"]) == 6
    assert int(sealed["passed"]) > 0, "a simulated model is right more often than not"
    assert (free["n"], free["said"]) == (6, 6)
    (board,) = query(vault.home, "select n, accuracy from leaderboard_simulated where suite = 'vault'")
    assert board["accuracy"] == pytest.approx(int(sealed["passed"]) / 6)


@pytest.mark.slow
def test_judges_of_a_sealed_suite_leave_verdicts_and_no_text(vault: Vault, tmp_path: Path) -> None:
    spec = tmp_path / "judged.toml"
    spec.write_text(
        'limit = 4\njudge = "simulated/gpt-4o-mini"\n[[suites]]\nname = "vault"\n'
        'graders = [{ type = "judge", rubric = "reference" }, { type = "pairwise" }]\n'
        f'[[models]]\nmodel = "{SIMULATED}"\n[[models]]\nmodel = "simulated/claude-haiku-5-5"\n',
        encoding="utf-8",
    )
    for run_id, more in (("r1", ()), ("r2", ("--mode", "batch"))):
        vault.run("run", spec, "--run-id", run_id, *more)
        vault.run("report", run_id)
        assert "removed.txt" in vault.journal(run_id)
    refused = vault.run("regrade", "r1", "--grader", "judge", code=2)
    assert "sealed" in refused.err
    vault.run("resume", "r1")
    for table in ("prompts", "calls", "grades", "pairs", "judge_scores", "judge_verdicts", "pair_results"):
        vault.run("sql", f"select * from {table}", "--format", "csv")
    assert vault.places() == set()
    (found,) = query(
        vault.home,
        "select count(*) as n, count(response) as said, count(distinct prompt_hash) as p from calls "
        "where role = 'judge' and run_id = 'r1'",
    )
    assert found["n"] > 0
    assert found["said"] == 0
    (grades,) = query(vault.home, "select count(*) as n, count(explanation) as why from grades")
    (pairs,) = query(vault.home, "select count(*) as n, count(reason) as why from pairs")
    assert (grades["why"], pairs["why"]) == (0, 0)
    assert min(int(grades["n"]), int(pairs["n"])) > 0


@pytest.mark.slow
def test_a_run_that_is_over_is_not_asked_again(vault: Vault, tmp_path: Path) -> None:
    with start_server(told(), make_settings({"latency_ms": 2})) as server:
        spec = spec_of(tmp_path, server.base_url)
        first = vault.run("run", spec, "--run-id", "r1", "--json")
        again = vault.run("resume", "r1", "--json")
        third = vault.run("run", spec, "--run-id", "r1", "--retry-failed", "--json")
        assert sorted(asked(server).values()) == [1] * N
    assert first.json["leaderboard"] == again.json["leaderboard"] == third.json["leaderboard"]
    assert "nothing is asked or graded again" in again.err
    (status,) = vault.run("runs", "--json").json
    counts = {name: status[name] for name in ("status", "answered_calls", "resumable")}
    assert counts == {"status": "complete", "answered_calls": N, "resumable": False}
    (vault.home / "journal" / "r1" / "1.jsonl").write_text(CANARY, encoding="utf-8")  # a removal cut short
    vault.run("resume", "r1")
    assert vault.places() == set()


@pytest.mark.slow
def test_a_run_that_was_stopped_keeps_its_journal_until_it_is_complete(vault: Vault, tmp_path: Path) -> None:
    with start_server(told(), make_settings({"latency_ms": 400})) as server:
        spec = spec_of(tmp_path, server.base_url)
        said = tmp_path / "said.txt"
        child = start_nightbench(vault.home, "run", spec, "--run-id", "r1", said=said, **vault.env)
        try:
            wait_for_answers(server, 2)
            os.killpg(child.pid, signal.SIGINT)
            assert child.wait(60) == 3, said.read_text(encoding="utf-8")
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        vault.said.append(said.read_text(encoding="utf-8"))
        (run,) = query(vault.home, "select status, answered_calls as n from runs")
        assert run["status"] == "cancelled"
        assert 0 < run["n"] < N
        vault.run("sql", "select * from calls", "--format", "csv")
        assert vault.places() == {"home/journal/r1/1.jsonl"}
        vault.run("resume", "r1")
        assert sorted(asked(server).values()) == [1] * N
    assert vault.journal("r1") == ["removed.txt"]
    assert vault.places() == set()
    (run,) = query(vault.home, "select status, answered_calls as n from runs")
    assert (run["status"], run["n"]) == ("complete", N)
    (grades,) = query(
        vault.home, "select count(*) as n, count(answer) as said, sum(score) as score from grades"
    )
    assert (grades["n"], grades["said"]) == (N, 0)
    assert grades["score"] > 0, "what was received before the stop was graded from its text"


def wait_for_answers(server: SimulatedServer, wanted: int) -> None:
    until = time.monotonic() + 90
    while len(server.ledger()["rows"]) < wanted:
        assert time.monotonic() < until, "the run does not begin"
        time.sleep(0.02)


@pytest.fixture
def echo() -> Iterator[ThreadingHTTPServer]:
    """A server that refuses every request and quotes it; `status` says how."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked_for = self.rfile.read(int(self.headers["content-length"])).decode()
            message = f"cannot answer {json.loads(asked_for)['messages'][-1]['content']}"
            body = json.dumps({"error": {"message": message, "type": "error", "code": None}}).encode()
            self.send_response(server.status)  # type: ignore[attr-defined]  # the test's own
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """No log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "told_as", "n_failed"),
    [
        pytest.param(400, "bad_request", N, id="each sample"),
        pytest.param(401, "auth", 0, id="the whole provider"),
    ],
)
def test_what_a_server_quotes_is_told_by_its_kind(
    vault: Vault, tmp_path: Path, echo: ThreadingHTTPServer, status: int, told_as: str, n_failed: int
) -> None:
    echo.status = status  # type: ignore[attr-defined]  # read by the handler
    spec = spec_of(
        tmp_path, f"http://127.0.0.1:{echo.server_port}/v1", "openai/gpt-4o-2024-05-13", max_failed=0.5
    )
    done = vault.run("run", spec, "--run-id", "r1", code=1)
    assert told_as in done.err
    rows = query(vault.home, "select error_kind, error from calls")
    assert {(row["error_kind"], row["error"]) for row in rows} <= {(told_as, None)}
    assert (len(rows) > 0) == (n_failed > 0)
    vault.run("sql", "select * from errors", "--format", "csv")
    assert vault.places() == {"home/journal/r1/1.jsonl"}


@pytest.mark.slow
def test_failed_calls_of_a_complete_run_cannot_be_asked_again(
    vault: Vault, tmp_path: Path, echo: ThreadingHTTPServer
) -> None:
    echo.status = 400  # type: ignore[attr-defined]  # read by the handler
    spec = spec_of(
        tmp_path, f"http://127.0.0.1:{echo.server_port}/v1", "openai/gpt-4o-2024-05-13", max_failed=1.0
    )
    vault.run("run", spec, "--run-id", "r1")
    assert vault.places() == set()
    vault.run("resume", "r1")
    refused = vault.run("resume", "r1", "--retry-failed", code=2)
    assert "its journal went" in refused.err
    assert "Start a new run" in refused.err
    assert vault.places() == set()


@pytest.mark.slow
def test_imported_outputs_land_as_grades_alone(vault: Vault, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs.jsonl"
    rows = [{"sample_id": f"q{i}", "output": answer(i) if i % 3 else f"{CANARY}, I think"} for i in range(N)]
    outputs.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    vault.run(
        "import", outputs, "--suite", "vault", "--model", "recorded/gpt-4o-2024-05-13", "--run-id", "i1"
    )
    (found,) = query(
        vault.home,
        "select count(*) as n, count(response) as said, count(answer) as answers, sum(passed::int) as passed "
        "from calls join grades using (run_id, call_key)",
    )
    assert (found["n"], found["said"], found["answers"], int(found["passed"])) == (N, 0, 0, 8)
    assert vault.places() == set()
