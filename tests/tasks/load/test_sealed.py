"""A sealed suite is read out of an encrypted archive in memory; no disk and no error holds its text."""

import csv
import hashlib
import io
import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tasks.load.definition import read_definition
from tasks.load.pull import pull
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.load.sealed import AES, read_tables
from tasks.model import Suite
from tasks.work import check_samples, make_graders
from tests.sealed_archive import write_sealed_zip
from warehouse.errors import SuiteError

CANARY = "canary-5b1e9c"
PASSWORD = "open-sesame-please"
SQL = "select id as sample_id, question as input, answer as target from source"
ROWS = [
    ["id", "question", "answer"],
    ["q1", f'What is {CANARY}, with\n"quotes" and é?', "A"],
    ["q2", f"And {CANARY} again?", "B"],
]
CARD = """name = "vault"
sealed = true
[[graders]]
type = "{grader}"
[source]
url = "https://example.org/vault.zip"
{pin}
archive = {{ member = "{member}", password = "{password}" }}
"""


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def as_jsonl(rows: Sequence[Sequence[str]]) -> bytes:
    return "".join(json.dumps(dict(zip(rows[0], row, strict=True))) + "\n" for row in rows[1:]).encode()


class Vault:
    """A sealed suite, its archive in a folder, and a cache to pull it into."""

    def __init__(self, make_suite: Any, tmp_path: Path, cache: Path) -> None:
        self._make_suite = make_suite
        self._folder = tmp_path / "archives"
        self._folder.mkdir()
        self.archive = self._folder / "vault.zip"
        self.cache = cache

    def suite(
        self,
        content: bytes | None = None,
        *,
        member: str = "data/vault.csv",
        wanted: str | None = None,
        password: str = PASSWORD,
        grader: str = "choice",
        method: int = 8,
        beside: str = "README",
        damage: Any = None,
        **options: Any,
    ) -> Path:
        """Write archive and definition, pull, and return the suite's folder."""
        data = as_csv(ROWS) if content is None else content
        write_sealed_zip(self.archive, {beside: b"nothing", member: data}, PASSWORD, method=method)
        if damage is not None:
            self.archive.write_bytes(damage(self.archive.read_bytes()))
        pin = f'sha256 = "{hashlib.sha256(self.archive.read_bytes()).hexdigest()}"'
        card = CARD.format(grader=grader, pin=pin, member=wanted or member, password=password)
        folder: Path = self._make_suite(options.pop("sql", SQL), card=card, name="vault", **options)
        pull(read_definition(folder), self.cache, from_dir=self._folder)
        return folder

    def load(self, *given: Any, **options: Any) -> Suite:
        """The suite, loaded."""
        return load_suite(self.suite(*given, **options), self.cache)

    def refusal(self, *given: Any, **options: Any) -> str:
        """The error of loading it, which never holds the text."""
        with pytest.raises(SuiteError) as caught:
            self.load(*given, **options)
        return clean(caught.value)


def clean(error: BaseException) -> str:
    """What an error says, after a look at all that a traceback would show of it."""
    shown: BaseException | None = error
    while shown is not None:
        assert CANARY not in str(shown)
        shown = None if shown.__suppress_context__ else shown.__context__
    assert "Nothing was sent" in str(error)
    return str(error)


@pytest.fixture
def vault(make_suite: Any, tmp_path: Path, cache: Path) -> Vault:
    """A sealed suite to be written."""
    return Vault(make_suite, tmp_path, cache)


@contextmanager
def watched(folder: Path) -> Iterator[list[Path]]:
    """Every file under a folder that held the canary at some moment while the block lasts."""
    found: list[Path] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            for place, _, names in os.walk(folder):  # passes over a folder that went meanwhile
                for path in (Path(place, name) for name in names):
                    with suppress(FileNotFoundError):  # it went
                        if CANARY.encode() in path.read_bytes():
                            found.append(path)
            time.sleep(0.001)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(
    ("member", "content"),
    [
        pytest.param("data/vault.csv", as_csv(ROWS), id="csv"),
        pytest.param("vault.CSV", b"\xef\xbb\xbf" + as_csv(ROWS), id="with a byte order mark"),
        pytest.param("vault.tsv", as_csv(ROWS, "\t"), id="tsv"),
        pytest.param("a b/vault.jsonl", as_jsonl(ROWS), id="jsonl"),
    ],
)
def test_samples_are_those_of_the_archives_member(vault: Vault, member: str, content: bytes) -> None:
    suite = vault.load(content, member=member)
    assert suite.sealed
    assert [(s.sample_id, s.input, s.target) for s in suite.samples] == [tuple(row) for row in ROWS[1:]]


def test_the_text_lies_on_no_disk_at_any_moment(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    folder = vault.suite()
    with watched(tmp_path) as found:
        load_suite(folder, vault.cache)
        (scratch / "planted").write_text(CANARY, encoding="utf-8")
        time.sleep(0.2)
    assert set(found) == {scratch / "planted"}  # which shows that the watch sees


def test_duckdb_spills_nothing_of_a_sealed_suite(vault: Vault) -> None:
    suite = vault.load(sql="select 'a' as sample_id, current_setting('temp_directory') || '.' as input")
    assert suite.samples[0].input == "."


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        pytest.param(
            "select 'a' as sample_id, content as input from read_text('/etc/hostname')",
            "Permission Error",
            id="other files",
        ),
        pytest.param("create table t as select * from source", "exactly one SELECT", id="no other statement"),
        pytest.param("copy source to 'out.csv'", "exactly one SELECT", id="no copy"),
    ],
)
def test_the_query_is_locked_down_as_any_other(vault: Vault, sql: str, told: str) -> None:
    assert told in vault.refusal(sql=sql)


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def turned(data: bytes) -> bytes:
    """A byte of the encrypted member is another."""
    at = data.index(b"data/vault.csv") + 60
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param({"password": "open-sesame"}, "Mend archive.password", id="another password"),
        pytest.param(
            {"wanted": "data/other.csv"},
            'no "data/other.csv" in the archive. It has: README, data/vault.csv',
            id="no such member",
        ),
        pytest.param({"damage": cut}, "BadZipFile", id="half an archive"),
        pytest.param({"damage": turned}, "the archive is damaged", id="a damaged member"),
        pytest.param({"damage": lambda _: b"<html>log in</html>"}, "BadZipFile", id="no archive"),
        pytest.param({"damage": lambda _: b""}, "BadZipFile", id="an empty file"),
        pytest.param({"method": AES}, "encrypted with AES", id="another cipher"),
        pytest.param({"method": 97}, "packed in a way that Python does not read", id="another method"),
        pytest.param({"beside": "../../vault.csv"}, "leads out of the archive's folder", id="a path out"),
        pytest.param(
            {"beside": "/etc/vault.csv"}, "leads out of the archive's folder", id="a path from the root"
        ),
        pytest.param({"member": "vault.parquet"}, "reads .csv, .tsv, .jsonl", id="no text file"),
    ],
)
def test_an_archive_that_cannot_be_opened_is_one_clear_error(
    vault: Vault, options: dict[str, Any], told: str
) -> None:
    said = vault.refusal(**options)
    assert told in said
    assert "vault.zip" in said
    assert "\n" not in said


def test_a_password_that_passes_its_check_by_chance_is_told_all_the_same(vault: Vault) -> None:
    """The check is one byte: of 600 other passwords some pass it, and fail at the content."""
    folder = vault.suite()
    card = folder / "suite.toml"
    text = card.read_text(encoding="utf-8")
    said = set()
    for number in range(600):
        card.write_text(text.replace(PASSWORD, f"another-{number}"), encoding="utf-8")
        definition = read_definition(folder)
        with pytest.raises(SuiteError) as caught:
            read_tables(definition, definition.pulled(vault.cache))
        said.add("damaged, or the password" in clean(caught.value))
    assert said == {True, False}


@pytest.mark.parametrize(
    ("content", "member", "told"),
    [
        pytest.param(as_csv(ROWS) + b"q3\n", "v.csv", "row 3 has 1 fields, and the header 3", id="short row"),
        pytest.param(as_csv(ROWS) + b"q3,a,b,c\n", "v.csv", "row 3 has 4 fields", id="long row"),
        pytest.param(as_csv(ROWS[:1]), "v.csv", "there are no rows", id="a header alone"),
        pytest.param(b"", "v.csv", "there are no rows", id="empty"),
        pytest.param(as_csv(ROWS) + b"\xff\n", "v.csv", "not UTF-8 at byte", id="not UTF-8"),
        pytest.param(
            as_jsonl(ROWS) + b'{"id": ' + CANARY.encode(), "v.jsonl", "line 3 is not JSON", id="no JSON"
        ),
        pytest.param(b'"' + CANARY.encode() + b'"', "v.jsonl", "line 1 is not an object", id="no object"),
    ],
)
def test_a_broken_member_is_told_by_its_place(vault: Vault, content: bytes, member: str, told: str) -> None:
    assert told in vault.refusal(content, member=member)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(
            {"sql": "select id as sample_id, question::integer as input from source"},
            "Conversion Error; its words are left out, because the suite is sealed",
            id="a value of the query",
        ),
        pytest.param(
            {"sql": "select id as sample_id, error(question) as input from source"},
            "Invalid Input Error; its words",
            id="an error that the query raises",
        ),
        pytest.param(
            {"sql": "select id as sample_id, queston as input from source"},
            '"queston" not found',
            id="a column of the query, with DuckDB's words",
        ),
        pytest.param(
            {"sql": "select id as sample_id, [question] as input from source"},
            '"q1": "input" is not what it must be',
            id="a list in place of text",
        ),
        pytest.param(
            {"sql": "select id as sample_id, question as messages from source"},
            '"messages" is not what it must be',
            id="text that is no JSON",
        ),
    ],
)
def test_no_error_of_loading_quotes_the_text(vault: Vault, options: dict[str, Any], told: str) -> None:
    assert told in vault.refusal(**options)


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        pytest.param("{{ [][input] }}", "UndefinedError", id="an undefined that names a value"),
        pytest.param("{{ '%d' | format(input) }}", "the template fails", id="a filter that refuses"),
        pytest.param("{{ quesiton }}", "The sample has: sample_id, input, target", id="no such column"),
        pytest.param("{{ input", "not Jinja at line 1", id="no Jinja"),
    ],
)
def test_no_error_of_a_template_quotes_the_text(vault: Vault, prompt: str, told: str) -> None:
    suite = vault.load(prompt=prompt)
    with pytest.raises(SuiteError) as caught:
        render_messages(suite, suite.samples[0], system=None, prompt=None)
    assert told in clean(caught.value)


def test_no_grader_quotes_a_target_that_it_cannot_use(vault: Vault) -> None:
    suite = vault.load(sql=SQL.replace("answer as target", "question as target"))
    with pytest.raises(SuiteError) as caught:
        check_samples(suite, make_graders(suite), suite.samples, "Nothing was sent.")
    assert 'sample "q1" cannot be judged' in clean(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("sealed = true", "", "say sealed = true", id="a password of a suite that is not sealed"),
        pytest.param("sha256", "gunzip = true\nsha256", "neither gunzip nor an encoding", id="compressed"),
        pytest.param("archive = {", "nothing = {", "there is no such field", id="no archive"),
        pytest.param('password = "', 'pasword = "', "there is no such field", id="a typing error"),
        pytest.param("archive = {", 'archive = { table = "a b",', "archive.table", id="no name of a table"),
        pytest.param("data/vault.csv", "data/../../vault.csv", "leads out of the archive", id="a path out"),
    ],
)
def test_a_definition_that_cannot_be_sealed_is_refused(vault: Vault, old: str, new: str, told: str) -> None:
    folder = vault.suite()
    card = folder / "suite.toml"
    card.write_text(card.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(SuiteError) as caught:
        read_definition(folder)
    assert told in clean(caught.value)


def test_a_pin_may_be_missing_of_an_archive_alone(make_suite: Any) -> None:
    card = 'name = "mine"\n[[graders]]\ntype = "exact"\n[source]\nurl = "https://example.org/a.csv"\n'
    with pytest.raises(SuiteError, match="sha256 is missing"):
        read_definition(make_suite(card=card))
    made = make_suite(card=f'{card}archive = {{ member = "a.csv" }}\n', name="other")
    assert read_definition(made).sources[0].sha256 is None


def test_two_archives_are_two_tables(vault: Vault, tmp_path: Path) -> None:
    folder = vault.suite()
    other = tmp_path / "archives" / "other.zip"
    write_sealed_zip(other, {"o.csv": as_csv([["id", "hint"], ["q1", "think"]])}, "pw")
    card = (folder / "suite.toml").read_text(encoding="utf-8").replace("[source]", "[[source]]")
    card += f"""[[source]]
url = "https://example.org/other.zip"
sha256 = "{hashlib.sha256(other.read_bytes()).hexdigest()}"
archive = {{ member = "o.csv", password = "pw" }}
"""
    (folder / "suite.toml").write_text(card, encoding="utf-8")
    with pytest.raises(SuiteError, match=r"two archives have one table; set archive\.table"):
        read_definition(folder)
    card = card.replace('"pw" }', '"pw", table = "hints" }')
    (folder / "suite.toml").write_text(card, encoding="utf-8")
    sql = "select id as sample_id, hint as input, 'A' as target from source join hints using (id)"
    (folder / "samples.sql").write_text(sql, encoding="utf-8")
    pull(read_definition(folder), vault.cache, from_dir=tmp_path / "archives")
    assert [sample.input for sample in load_suite(folder, vault.cache).samples] == ["think"]


@pytest.mark.parametrize("copied", [True, False], ids=["found in a folder by its name", "downloaded"])
def test_a_first_pull_without_a_pin_tells_the_sha256_to_pin(
    vault: Vault, tmp_path: Path, file_server: Any, copied: bool
) -> None:
    folder = vault.suite()
    content = file_server.content = vault.archive.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    card = folder / "suite.toml"
    pinned = card.read_text(encoding="utf-8").replace("https://example.org/vault.zip", file_server.url)
    unpinned = pinned.replace(f'sha256 = "{digest}"', 'filename = "vault.zip"')
    card.write_text(unpinned, encoding="utf-8")
    said: list[str] = []
    options: dict[str, Any] = {"from_dir": tmp_path / "archives"} if copied else {}
    (file,) = pull(read_definition(folder), vault.cache, warn=said.append, **options)
    assert file.path.read_bytes() == content, "it stays encrypted where it lies"
    assert [f'sha256 = "{digest}"' in line for line in said] == [True]
    assert load_suite(folder, vault.cache).samples[0].sample_id == "q1"
    pull(read_definition(folder), vault.cache, warn=said.append, **options)
    assert len(said) == 1, "what is there is not told again"


def test_a_password_or_member_that_is_mended_needs_no_other_pull(vault: Vault) -> None:
    folder = vault.suite(password="wrong")
    with pytest.raises(SuiteError):
        load_suite(folder, vault.cache)
    card = folder / "suite.toml"
    card.write_text(card.read_text(encoding="utf-8").replace('"wrong"', f'"{PASSWORD}"'), encoding="utf-8")
    assert load_suite(folder, vault.cache).samples
