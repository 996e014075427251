"""A suite's folder is read whole and checked: what is wrong is named by file, place and field."""

from pathlib import Path
from typing import Any

import pytest

from tasks.load.definition import Definition, read_definition
from tasks.model import GraderConfig
from warehouse.errors import SuiteError

GRADER = '[[graders]]\ntype = "exact"\n'
SOURCE = f'[source]\nurl = "https://example.org/a/b.csv.gz?x=1"\nsha256 = "{"0" * 64}"\n'


def test_only_name_and_a_grader_are_required(make_suite: Any) -> None:
    definition = read_definition(make_suite())
    assert definition.name == "mine"
    assert definition.card.version == "1"
    assert definition.card.graders[0].config() == GraderConfig("exact", {})
    assert definition.card.params == {}
    assert definition.prompt is None
    assert definition.sources == ()


def test_options_of_a_grader_are_kept_for_the_grader_to_judge(make_suite: Any) -> None:
    card = 'name = "mine"\n[[graders]]\ntype = "numeric"\nextract = "json.answer"\ntolerance = 0.5\n'
    config = read_definition(make_suite(card=card)).card.graders[0].config()
    assert config == GraderConfig("numeric", {"extract": "json.answer", "tolerance": 0.5})


@pytest.mark.parametrize(
    ("card", "told"),
    [
        pytest.param('name = "mine"', "graders: is missing; at least one [[graders]]", id="no grader"),
        pytest.param(
            'name = "mine"\ngraders = []', "graders: List should have at least 1", id="empty graders"
        ),
        pytest.param(GRADER, "name: is missing", id="no name"),
        pytest.param('name = "../x"\n' + GRADER, "name: ", id="a name that is a path"),
        pytest.param(
            'name = "mine"\nlicense = "MIT"\n' + GRADER, 'did you mean "licence"?', id="typing error"
        ),
        pytest.param(
            'name = "mine"\nversion = 2\n' + GRADER,
            "version: Input should be a valid string (it is 2)",
            id="a number as version",
        ),
        pytest.param(
            'name = "mine"\n[[graders]]\nextract = "text"', "graders.0.type: is missing", id="no type"
        ),
        pytest.param('name = "mine"\nparams = 3\n' + GRADER, "params: ", id="params no table"),
        pytest.param('name = "mine"\n' + GRADER + SOURCE.replace("https", "ftp"), "source.0.url: ", id="ftp"),
        pytest.param(
            'name = "mine"\n' + GRADER + SOURCE.replace("//", "//me:pw@"), "user or password", id="key"
        ),
        pytest.param(
            'name = "mine"\n' + GRADER + SOURCE.replace("0" * 64, "abc"), "source.0.sha256: ", id="sha"
        ),
        pytest.param(
            'name = "mine"\n' + GRADER + SOURCE + 'encoding = "klingon"', "source.0.encoding: ", id="encoding"
        ),
        pytest.param(
            'name = "mine"\n' + GRADER + SOURCE + 'encoding = "base64"',
            "source.0.encoding: ",
            id="a codec that is no text encoding",
        ),
        pytest.param(
            'name = "mine"\n' + GRADER + SOURCE + 'filename = "../b.csv"',
            "source.0.filename: ",
            id="a filename that is a path",
        ),
        pytest.param(
            'name = "mine"\n' + GRADER + SOURCE.replace("[source]", "[[source]]") * 2,
            "is there twice",
            id="two files of one name",
        ),
    ],
)
def test_a_wrong_field_is_named_with_its_file(make_suite: Any, card: str, told: str) -> None:
    folder = make_suite(card=card)
    with pytest.raises(SuiteError) as caught:
        read_definition(folder)
    assert str(caught.value).startswith(f"{folder / 'suite.toml'}: ")
    assert told in str(caught.value)
    assert "Nothing was sent" in str(caught.value)


def test_every_wrong_field_is_told_at_once(make_suite: Any) -> None:
    with pytest.raises(SuiteError) as caught:
        read_definition(make_suite(card="version = 1\ntitel = 'x'"))
    assert len(str(caught.value).splitlines()) == 5  # the headline; name, version, titel, graders


@pytest.mark.parametrize(
    ("card", "place"),
    [
        pytest.param('name = "mine"\nversion = one\n', "line 2, column 11", id="in a line"),
        pytest.param('name = "mine"\n[[graders', "line 2, column 10", id="at the end"),
    ],
)
def test_malformed_toml_is_told_with_line_and_column(make_suite: Any, card: str, place: str) -> None:
    folder = make_suite(card=card)
    with pytest.raises(SuiteError) as caught:
        read_definition(folder)
    assert str(caught.value).startswith(f"{folder / 'suite.toml'}: not TOML at {place}")


def test_a_card_that_is_not_utf_8_is_told_with_its_line(make_suite: Any) -> None:
    folder = make_suite()
    (folder / "suite.toml").write_bytes(b'name = "mine"\ntitle = "\xe9"\n')
    with pytest.raises(SuiteError, match="not UTF-8 at line 2"):
        read_definition(folder)


def test_a_suite_without_samples_sql_is_refused(make_suite: Any) -> None:
    folder = make_suite()
    (folder / "samples.sql").unlink()
    with pytest.raises(SuiteError, match=r"samples\.sql: cannot be read"):
        read_definition(folder)


def test_a_source_is_a_table_or_several(make_suite: Any) -> None:
    one = read_definition(make_suite(card='name = "mine"\n' + GRADER + SOURCE + "gunzip = true\n"))
    assert [source.filename for source in one.sources] == ["b.csv"]
    tables = "".join(
        SOURCE.replace("[source]", "[[source]]") + f'filename = "{name}"\n' for name in ("x.csv", "y.csv")
    )
    several = read_definition(make_suite(card='name = "mine"\n' + GRADER + tables))
    assert [source.filename for source in several.sources] == ["x.csv", "y.csv"]


def test_other_pins_have_another_folder_in_the_cache_and_another_address_has_not(make_suite: Any) -> None:
    def pulled(source: str) -> Path:
        definition: Definition = read_definition(make_suite(card='name = "mine"\n' + GRADER + source))
        return definition.pulled(Path("cache"))

    assert pulled(SOURCE).parent == Path("cache/mine")
    assert pulled(SOURCE) == pulled(SOURCE.replace("example.org", "mirror.example.org"))
    assert pulled(SOURCE) != pulled(SOURCE.replace("0" * 64, "1" * 64))
    assert pulled(SOURCE) != pulled(SOURCE + 'encoding = "mac_roman"')


@pytest.mark.parametrize(
    ("line", "prompt", "want"),
    [
        pytest.param("", "beside {{ a }}", "beside {{ a }}", id="prompt.jinja"),
        pytest.param('prompt = "other.jinja"', None, "other\n", id="another file"),
        pytest.param('prompt = "Say {{ a }}"', None, "Say {{ a }}", id="in suite.toml"),
    ],
)
def test_the_prompt_is_a_file_or_a_text(make_suite: Any, line: str, prompt: str | None, want: str) -> None:
    card = f'name = "mine"\n{line}\n{GRADER}'
    folder = make_suite(card=card, prompt=prompt, files={"other.jinja": "other\n"})
    assert read_definition(folder).prompt == want


def test_two_prompts_are_refused(make_suite: Any) -> None:
    with pytest.raises(SuiteError, match=r"there is a prompt\.jinja as well"):
        read_definition(make_suite(card=f'name = "mine"\nprompt = "Hm"\n{GRADER}', prompt="Ha"))
