"""A suite's rows become samples; what cannot be a sample is told with its file, place and remedy."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.load.samples import load_suite
from tasks.model import Sample
from warehouse.errors import SuiteError


def first(folder: Path, cache: Path) -> Sample:
    return load_suite(folder, cache).samples[0]


def refusal(folder: Path, cache: Path) -> str:
    with pytest.raises(SuiteError) as caught:
        load_suite(folder, cache)
    assert "Nothing was sent" in str(caught.value)
    return str(caught.value)


def test_a_row_becomes_a_sample(make_suite: Any, cache: Path) -> None:
    sample = first(
        make_suite(
            """select 7 as sample_id, 'Q' as input, 42 as target, ['a', 'b'] as choices, 'easy' as category,
            1 as cluster, 'Be brief.' as system, false as scored, {level: 3, tags: ['x']} as metadata,
            1.50::decimal(5,2) as price, date '2024-02-29' as day, null::varchar as nothing;"""
        ),
        cache,
    )
    assert sample == Sample(
        sample_id="7",
        row=sample.row,
        input="Q",
        target="42",
        targets=("42",),
        choices=("a", "b"),
        category="easy",
        cluster="1",
        system="Be brief.",
        scored=False,
        metadata={"level": 3, "tags": ["x"]},
    )
    assert sample.row["sample_id"] == 7
    assert sample.row["price"] == Decimal("1.50")
    assert sample.row["day"] == date(2024, 2, 29)
    assert sample.row["nothing"] is None


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'a b'", "a b"),
        ("12345678901234567890123456789::hugeint", "12345678901234567890123456789"),
        ("true", "true"),
        ("2.50::decimal(4,2)", "2.50"),
        ("date '2024-01-02'", "2024-01-02"),
        ("uuid '00000000-0000-0000-0000-00000000000a'", "00000000-0000-0000-0000-00000000000a"),
    ],
)
def test_a_sample_id_of_any_type_becomes_text(
    make_suite: Any, cache: Path, expression: str, text: str
) -> None:
    assert first(make_suite(f"select {expression} as sample_id, 'Q' as input"), cache).sample_id == text


@pytest.mark.parametrize(
    ("columns", "want"),
    [
        pytest.param("null::varchar as target", (), id="no target"),
        pytest.param("'x' as target, ['y', 'z'] as targets", ("y", "z"), id="both"),
        pytest.param("'x' as target, null::varchar[] as targets", ("x",), id="targets of others only"),
        pytest.param("[1, 2] as targets", ("1", "2"), id="numbers"),
        pytest.param("""'["y", "z"]'::json as targets""", ("y", "z"), id="JSON"),
    ],
)
def test_targets_default_to_the_target(
    make_suite: Any, cache: Path, columns: str, want: tuple[str, ...]
) -> None:
    sample = first(make_suite(f"select 1 as sample_id, 'Q' as input, {columns}"), cache)
    assert sample.targets == want


@pytest.mark.parametrize(
    "expression",
    ["{a: 1}", "map {'a': 1}", """'{"a": 1}'::json""", """'{"a": 1}'"""],
    ids=["struct", "map", "json", "text"],
)
def test_metadata_is_a_struct_a_map_or_json(make_suite: Any, cache: Path, expression: str) -> None:
    sample = first(make_suite(f"select 1 as sample_id, 'Q' as input, {expression} as metadata"), cache)
    assert sample.metadata == {"a": 1}


@pytest.mark.parametrize(
    "expression",
    [
        """'[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]'::json""",
        "[{role: 'user', content: 'Hi'}, {role: 'assistant', content: 'Ho'}]",
    ],
    ids=["json", "structs"],
)
def test_messages_stand_in_for_a_prompt(make_suite: Any, cache: Path, expression: str) -> None:
    sample = first(make_suite(f"select 1 as sample_id, {expression} as messages"), cache)
    assert sample.messages == ({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"})


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        pytest.param(
            "select 1 as id, 'Q' as input", 'no column "sample_id". It returns: id, input', id="no id"
        ),
        pytest.param(
            "select 1 as sample_id, 'Q' as q", 'no column "input" or "messages"', id="nothing to ask"
        ),
        pytest.param(
            "select 1 as sample_id, 'Q' as input, 2 as sample_id",
            '"sample_id" is there twice',
            id="a column twice",
        ),
        pytest.param("select null as sample_id, 'Q' as input", "row 1 has no sample_id", id="NULL id"),
        pytest.param("select '' as sample_id, 'Q' as input", "row 1 has no sample_id", id="empty id"),
        pytest.param(
            "from (values (1, 'Q'), (2, 'Q'), (1, 'R')) t(sample_id, input)",
            'sample_id "1" is there twice (again in row 3)',
            id="id twice",
        ),
        pytest.param(
            "from (values (1.0::double, 'Q'), ('1.0', 'R')) t(sample_id, input)",
            'sample_id "1.0" is there twice',
            id="id twice as text",
        ),
        pytest.param("select 1 as sample_id, 'Q' as input where false", "returns no rows", id="no rows"),
        pytest.param("selekt 1", "Parser Error", id="no SQL"),
        pytest.param("select 1 as sample_id, nope as input", "Binder Error", id="unknown column"),
        pytest.param(
            "select i as sample_id, 'Q' as input, cast('x' || i as int) as n from range(20000) t(i)",
            "Conversion Error",
            id="fails amid the rows",
        ),
        pytest.param("-- nothing", "exactly one SELECT; it holds no statement", id="nothing"),
        pytest.param("select 1; select 2", "exactly one SELECT; it holds SELECT, SELECT", id="two"),
        pytest.param("copy (select 1) to 'x.csv'", "exactly one SELECT; it holds COPY", id="a write"),
        pytest.param("install httpfs", "exactly one SELECT; it holds LOAD", id="an extension"),
        pytest.param(
            "from read_csv('nope.csv')", 'No files found that match the pattern "nope.csv"', id="no file"
        ),
        pytest.param(
            "from read_text('/etc/hostname')", "It may read files of its own folder", id="absolute path"
        ),
        pytest.param(
            "from read_text('../other/x.txt')", "It may read files of its own folder", id="path upwards"
        ),
        pytest.param(
            "from read_text('http://127.0.0.1:9/x')", "It may read files of its own folder", id="network"
        ),
        pytest.param(
            "select 1 as sample_id, 'Q' as input, [1] as target", '"target" must be text', id="list"
        ),
        pytest.param(
            "select 1 as sample_id, 'Q' as input, ['a', null] as targets",
            '"targets" must be a list of text',
            id="NULL among targets",
        ),
        pytest.param(
            "select 1 as sample_id, 'Q' as input, '[' as choices",
            '"choices" is text that is not JSON',
            id="choices no JSON",
        ),
        pytest.param(
            "select 1 as sample_id, 'Q' as input, 'no' as scored",
            '"scored" must be true or false',
            id="scored a word",
        ),
        pytest.param(
            "select 1 as sample_id, 'Q' as input, [1] as metadata", '"metadata" must be', id="metadata"
        ),
        pytest.param(
            "select 1 as sample_id, '{}'::json as messages", '"messages" must be a list', id="messages"
        ),
        pytest.param(
            "select 1 as sample_id, [{role: 'tool', content: 'x'}] as messages", "the role 'tool'", id="role"
        ),
        pytest.param(
            "select 1 as sample_id, [{role: 'system', content: 'x'}] as messages",
            "a user message must",
            id="system alone",
        ),
    ],
)
def test_what_cannot_be_samples_is_told(make_suite: Any, cache: Path, sql: str, told: str) -> None:
    folder = make_suite(sql)
    message = refusal(folder, cache)
    assert message.startswith(f"{folder / 'samples.sql'}: ")
    assert told in message


def test_a_link_out_of_the_folder_is_not_followed(make_suite: Any, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("mine", encoding="utf-8")
    folder = make_suite("select 1 as sample_id, content as input from read_text('link.txt')")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    assert "It may read files of its own folder" in refusal(folder, cache)


def test_a_name_means_the_suites_file_whatever_lies_where_nightbench_started(
    make_suite: Any, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_suite(
        "select id as sample_id, q as input "
        "from read_json('rows.jsonl', columns = {id: 'varchar', q: 'varchar'})",
        files={"rows.jsonl": '{"id": "2024-01-01", "q": "the suite\'s"}'},
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "rows.jsonl").write_text('{"id": "1", "q": "not the suite\'s"}', encoding="utf-8")
    monkeypatch.chdir(elsewhere)
    sample = first(folder, cache)
    assert (sample.sample_id, sample.input) == ("2024-01-01", "the suite's")


def test_a_folder_with_a_comma_in_its_path_works(make_suite: Any, tmp_path: Path) -> None:
    folder = make_suite(
        "select 1 as sample_id, content as input from read_text('q.txt')",
        files={"q.txt": "Q"},
        parent=tmp_path / "Doe, Jane",
    )
    assert first(folder, tmp_path / "a, b" / "cache").input == "Q"


def test_data_that_is_not_pulled_is_told_with_the_command(
    make_suite: Any, cache: Path, file_server: Any
) -> None:
    card = 'name = "mine"\n[[graders]]\ntype = "exact"\n' + file_server.source()
    message = refusal(make_suite(card=card), cache)
    assert "file.txt" in message
    assert "`nightbench datasets pull mine`" in message
    assert file_server.asked == []


def test_times_are_utc_wherever_it_runs(
    make_suite: Any, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Australia/Sydney")
    folder = make_suite("select 1 as sample_id, timestamptz '2024-01-01 00:00:00+00'::varchar as input")
    assert first(folder, cache).input == "2024-01-01 00:00:00+00"


def test_the_query_does_not_see_the_environment(
    make_suite: Any, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/proc/self/environ").exists():
        pytest.skip("there is no /proc here")
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    folder = make_suite("select 1 as sample_id, content as input from read_text('/proc/self/environ')")
    assert "canary" not in refusal(folder, cache)


SQL = (
    "select i as sample_id, 'Q' || i as input, {a: [1.5::decimal(3,1), null]} as metadata from range(9) t(i)"
)


def test_the_version_is_the_same_wherever_the_folder_lies(
    make_suite: Any, cache: Path, tmp_path: Path
) -> None:
    here = load_suite(make_suite(SQL, parent=tmp_path / "x"), cache).version
    there = load_suite(make_suite(SQL, parent=tmp_path / "y"), tmp_path / "another cache").version
    assert here == there
    assert re.fullmatch(r"1\+[0-9a-f]{8}", here)


def test_the_version_ignores_the_order_of_rows(make_suite: Any, cache: Path) -> None:
    query = "select sample_id, input from read_csv('r.csv', all_varchar = true)"
    rows = ["a,one", "b,two", "c,three"]
    versions = {
        load_suite(make_suite(query, files={"r.csv": "\n".join(["sample_id,input", *order])}), cache).version
        for order in (rows, rows[::-1])
    }
    assert len(versions) == 1


def test_the_version_ignores_comments_and_spacing_of_the_card(make_suite: Any, cache: Path) -> None:
    plain = load_suite(make_suite(), cache).version
    spaced = '# mine\n\nname    = "mine"\n[[graders]]\ntype = "exact" # as text\n'
    assert load_suite(make_suite(card=spaced), cache).version == plain


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param({"card": 'name = "mine"\n[[graders]]\ntype = "includes"'}, id="another grader"),
        pytest.param(
            {"card": 'name = "mine"\n[params]\ntemperature = 1\n[[graders]]\ntype = "exact"'}, id="params"
        ),
        pytest.param({"sql": SQL + " -- edited"}, id="query"),
        pytest.param({"prompt": "{{ input }}!"}, id="prompt"),
        pytest.param({"sql": SQL.replace("'Q'", "'R'")}, id="data"),
    ],
)
def test_an_edit_that_nobody_announced_is_another_version(make_suite: Any, cache: Path, edit: Any) -> None:
    before = load_suite(make_suite(SQL, prompt="{{ input }}?"), cache).version
    after = load_suite(make_suite(**{"sql": SQL, "prompt": "{{ input }}?", **edit}), cache).version
    assert before != after


def test_a_changed_file_under_an_unchanged_definition_is_another_version(
    make_suite: Any, cache: Path
) -> None:
    query = "select id as sample_id, q as input from read_csv('r.csv', all_varchar = true)"
    versions = [
        load_suite(make_suite(query, files={"r.csv": f"id,q\n1,{text}\n"}), cache).version
        for text in ("Q", "Q", "R")
    ]
    assert versions[0] == versions[1] != versions[2]


def test_a_map_with_keys_that_json_lacks_has_a_version_too(make_suite: Any, cache: Path) -> None:
    folder = make_suite("select 1 as sample_id, 'Q' as input, map {date '2024-01-01': 1} as days")
    assert load_suite(folder, cache).version == load_suite(folder, cache).version


def test_nothing_is_written_into_the_suites_folder(make_suite: Any, cache: Path) -> None:
    folder = make_suite("select i as sample_id, 'Q' as input from range(30000) t(i) order by hash(i)")
    before = sorted(folder.iterdir())
    assert len(load_suite(folder, cache).samples) == 30000
    assert sorted(folder.iterdir()) == before
