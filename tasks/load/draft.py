"""The texts of a suite's folder, made from a user's table: suite.toml, samples.sql, prompt.jinja."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.load.guess import AS_THEY_ARE, Columns, normal
from tasks.load.guess_grader import GraderGuess, Rows
from tasks.load.table import Field, Table, kind_of, quoted_name, quoted_text, sql_type, text_of

ROWS = {"csv": "rows.csv", "jsonl": "rows.jsonl", "parquet": "rows.parquet"}
NOT_BLANK = re.compile(r"[^\t\n\f\r ]")  # what RE2 calls \S
WIDTH = 100


@dataclass(frozen=True)
class Draft:
    """What is written, and the places of the rows that are left out, each with its reason."""

    files: Mapping[str, str]  # name -> text; the copy of the rows is apart
    rows_file: str
    n_samples: int
    left_out: tuple[tuple[str, str], ...]


def rows_of(table: Table, columns: Columns) -> Rows:
    """What the grader is guessed from: the rows that will be samples."""
    kept = [at for at in range(len(table.rows)) if _why_not(columns, at) is None]
    return Rows(
        inputs=[_question(columns, at) for at in kept],
        targets=[targets_at(columns, at) for at in kept],
        choices=[columns.choices.of(at) if columns.choices else () for at in kept],
        places=[table.place(at) for at in kept],
        target_name=columns.target.path[-1] if columns.target else "",
        has_schema=any(normal(field.name) == "schema" for field in columns.others),
    )


def targets_at(columns: Columns, at: int) -> tuple[str, ...]:
    """The right answers of a row, as text; a value that is no scalar in JSON's spelling."""
    if columns.answer_in_messages and columns.messages:
        return (str(columns.messages.values[at][-1]["content"]),)
    if columns.target is None or columns.target.values[at] is None:
        return ()
    value = columns.target.values[at]
    if _is_several(columns.target):
        return tuple(text for text in map(text_of, value) if text is not None)
    text = text_of(value)
    return (json.dumps(value, ensure_ascii=False, default=str) if text is None else text,)


def make_draft(name: str, table: Table, columns: Columns, guess: GraderGuess) -> Draft:
    """Every text of the folder."""
    left_out = left_out_of(table, columns)
    files = {"suite.toml": _card(name, table, guess), "samples.sql": _sql(table, columns, guess, left_out)}
    template = _template(columns, guess)
    if template is not None:
        files["prompt.jinja"] = template
    return Draft(files, ROWS[table.reader], len(table.rows) - len(left_out), tuple(left_out))


def left_out_of(table: Table, columns: Columns) -> list[tuple[str, str]]:
    """The places of the rows that cannot be samples, and why."""
    whys = ((at, _why_not(columns, at)) for at in range(len(table.rows)))
    return [(table.place(at), why) for at, why in whys if why is not None]


def _question(columns: Columns, at: int) -> str:
    if columns.input is not None:
        return str(columns.input.values[at])
    turns = columns.messages.values[at] if columns.messages else ()
    asked = [turn for turn in turns if turn["role"] == "user"]
    return str(asked[-1]["content"]) if asked else ""


def _why_not(columns: Columns, at: int) -> str | None:
    """Why a row cannot be a sample; the same conditions stand in the query."""
    if columns.input is not None and not _is_filled(columns.input.values[at]):
        return "no question"
    if columns.messages is not None and not columns.messages.values[at]:
        return "no messages"
    if columns.target is not None and not _is_filled(columns.target.values[at]):
        return "no target"
    if columns.choices is not None:
        found = columns.choices.of(at)
        if len(found) < 2:
            return "fewer than two choices"
    return None


def _is_filled(value: object) -> bool:
    if isinstance(value, str):
        return bool(NOT_BLANK.search(value))
    return value is not None and value != []


def _is_several(target: Field) -> bool:
    """A list of scalars: each of them is right."""
    items = [item for value in target.values for item in value or ()] if target.kind == "list" else []
    return target.kind == "list" and kind_of([i for i in items if i is not None]) in {
        "text",
        "number",
        "bool",
    }


# -- samples.sql --


def _sql(table: Table, columns: Columns, guess: GraderGuess, left_out: Sequence[tuple[str, str]]) -> str:
    place = "row_in_file"
    while table.field(place):
        place += "_"
    numbered = columns.sample_id is None
    selected = list(_selected(columns, guess, f"'row-' || {place}" if numbered else columns.sample_id.sql))  # type: ignore[union-attr]
    comment = [
        f"-- The samples of {' '.join(table.file.name.split())}, of which {ROWS[table.reader]} is the copy.",
        "-- Every column is named with its type, so that no text is re-typed for its looks."
        if table.reader != "parquet"
        else "-- The types are those of the Parquet file.",
    ]
    if left_out:
        comment.append(f"-- Left out: {len(left_out)} rows without question, target or choices.")
    star = f"*, row_number() over () as {place}" if numbered else "*"
    lines = [*comment, "with source as (", f"    select {star}", *_reader(table, columns), ")", "select"]
    lines.append(",\n".join(f"    {expression} as {alias}" for alias, expression in selected))
    lines.append("from source")
    if left_out:
        lines.append("where " + "\n    and ".join(_conditions(columns)))
    return "\n".join(lines) + "\n"


def _selected(columns: Columns, guess: GraderGuess, sample_id: str) -> Iterator[tuple[str, str]]:
    yield "sample_id", sample_id
    if columns.input is not None:
        yield "input", columns.input.sql
    if columns.messages is not None:
        turns = columns.messages.sql + ("[:-2]" if columns.answer_in_messages else "")
        yield "messages", f"[{{'role': turn.\"role\", 'content': turn.\"content\"}} for turn in {turns}]"
    if columns.context is not None:
        yield "context", columns.context.sql
    target = _target_sql(columns, guess)
    if columns.choices is not None:
        yield "choices", _choices_sql(columns)
    if target is not None:
        yield ("targets" if columns.target and _is_several(columns.target) else "target"), target
        if guess.target == "json":
            yield '"schema"', f"'{{\"const\": ' || {target} || '}}'"
    if columns.category is not None:
        yield "category", columns.category.sql
    kept, known = [], []
    for field in columns.others:
        alias = normal(field.name)
        if alias in AS_THEY_ARE and not (alias == "schema" and guess.target == "json"):
            known.append((quoted_name(alias), field.sql))
        elif not (field.kind == "other" and any(isinstance(v, bytes) for v in field.values)):
            kept.append(field)
    yield from known
    if kept:
        inside = ", ".join(f"{quoted_text(field.path[0])}: {field.sql}" for field in kept)
        one_line = f"{{{inside}}}"
        if len(one_line) > WIDTH:
            inside = ",\n".join(f"        {quoted_text(field.path[0])}: {field.sql}" for field in kept)
            one_line = f"{{\n{inside}\n    }}"
        yield "metadata", one_line


def _target_sql(columns: Columns, guess: GraderGuess) -> str | None:
    if columns.answer_in_messages and columns.messages:
        return f'{columns.messages.sql}[-1]."content"'
    if columns.target is None:
        return None
    sql = columns.target.sql
    match guess.target:
        case "index from 0":
            return f"chr(65 + cast({sql} as integer))"
        case "index from 1":
            return f"chr(64 + cast({sql} as integer))"
        case "after ####":
            return f"trim(split_part({sql}, '####', -1))"
        case _:
            return f"cast(to_json({sql}) as varchar)" if _inside(columns.target) else sql


def _inside(field: Field) -> bool:
    """Whether the value is no scalar and no list of right answers: it is taken as JSON."""
    return field.kind in {"struct", "structs"} or (field.kind in {"list", "other"} and not _is_several(field))


def _choices_sql(columns: Columns) -> str:
    choices = columns.choices
    assert choices is not None
    if len(choices.fields) > 1:
        listed = ", ".join(field.sql for field in choices.fields)
        return rf"[choice for choice in [{listed}] if regexp_matches(choice, '\S')]"
    sql = choices.fields[0].sql
    if choices.inner is not None:
        return f"[choice.{quoted_name(choices.inner)} for choice in {sql}]"
    if choices.separator is not None:
        written = "chr(10)" if choices.separator == "\n" else quoted_text(choices.separator)
        return f"[trim(choice) for choice in string_split({sql}, {written})]"
    if choices.json_text:
        return f"from_json({sql}, '[\"varchar\"]')"
    return sql


def _conditions(columns: Columns) -> Iterator[str]:
    if columns.input is not None:
        yield rf"regexp_matches({columns.input.sql}, '\S')"
    if columns.messages is not None:
        yield f"len({columns.messages.sql}) > 0"
    if columns.target is not None:
        sql = columns.target.sql
        yield (
            rf"regexp_matches(cast({sql} as varchar), '\S')"
            if not _is_several(columns.target)
            else f"len({sql}) > 0"
        )
    if columns.choices is not None:
        yield f"len({_choices_sql(columns)}) > 1"


def _reader(table: Table, columns: Columns) -> list[str]:
    file = quoted_text(ROWS[table.reader])
    if table.reader == "parquet":
        return [f"    from read_parquet({file})"]
    tops = [field for field in table.fields if len(field.path) == 1]
    if table.reader == "csv":
        types = [(field.path[0], "varchar") for field in tops]
        delimiter = {"\t": "e'\\t'"}.get(table.delimiter, quoted_text(table.delimiter))
        options = [
            "auto_detect = false",
            f"delim = {delimiter}",
            "quote = '\"'",
            "escape = '\"'",
            "header = true",
            f"max_line_size = {64 << 20}" if len(table.content or b"") > 1 << 20 else "",
        ]
    else:
        target = columns.target
        as_json = frozenset([target.name] if target is not None and _inside(target) else [])
        types = [(field.path[0], sql_type(field.values, field.path, as_json)) for field in tops]
        options = ["format = 'newline_delimited'"]
        if len(table.content or b"") > 1 << 20:
            options.append(f"maximum_object_size = {64 << 20}")
    lines = [f"    from read_{'csv' if table.reader == 'csv' else 'json'}(", f"        {file},"]
    lines += [f"        {option}," for option in options if option]
    lines.append("        columns = {")
    lines.append(",\n".join(f"            {quoted_text(name)}: {quoted_text(kind)}" for name, kind in types))
    return [*lines, "        }", "    )"]


# -- suite.toml and prompt.jinja --


def _card(name: str, table: Table, guess: GraderGuess) -> str:
    lines = [
        f"# Written by `nightbench init suite` from {' '.join(table.file.name.split())}; yours to edit.",
        f"name = {_toml(name)}",
        'version = "1"',
        f"title = {_toml(name.replace('_', ' ').replace('-', ' '))}",
        '# licence = "CC-BY-4.0"',
        '# citation = "who made the questions, and where they are published"',
        "",
        "[params]",
        f"max_tokens = {guess.max_tokens}",
        "temperature = 0.0",
        "",
        *textwrap.wrap(
            f"{guess.type}: {guess.why}.", WIDTH, initial_indent="# ", subsequent_indent="# ",
            break_long_words=False, break_on_hyphens=False,
        ),
    ]  # fmt: skip
    for entry in guess.graders:
        lines += ["[[graders]]", *(f"{key} = {_toml(value)}" for key, value in entry.items()), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _template(columns: Columns, guess: GraderGuess) -> str | None:
    if columns.input is None or (columns.context is None and not guess.after):
        return None
    text = "{{ input }}"
    if columns.context is not None:
        shown = "{{ context }}"
        if columns.context.kind == "list":
            shown = "{% for part in context %}{{ part }}{{ '' if loop.last else '\\n\\n' }}{% endfor %}"
        if normal(columns.context.path[-1]) == "input":  # an instruction, and what it is about
            text = f"{text}{{% if context %}}\n\n{shown}{{% endif %}}"
        else:
            text = f"{{% if context %}}{shown}\n\n{{% endif %}}{text}"
    return text + guess.after + "\n"


def _toml(value: Any) -> str:
    """A value of TOML; a literal string where backslashes would have to be doubled."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and "\\" in value and "'" not in value:
        return f"'{value}'"
    if isinstance(value, str) and "\\" in value and "'''" not in value and not value.endswith("'"):
        return f"'''{value}'''"
    return json.dumps(value, ensure_ascii=False)
