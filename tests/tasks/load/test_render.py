"""A sample becomes the messages that are sent, exactly; a template that does not fit is told before that."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.load.render import check_templates, render_messages
from tasks.model import Message, Sample, Suite
from warehouse.errors import SuiteError

SAMPLE = Sample(
    sample_id="s1", row={"sample_id": "s1", "question": "1 < 2 & {{ x }}?", "hint": None}, input="plain\n"
)


def suite_of(prompt: str | None, folder: str = "suites/mine") -> Suite:
    return Suite(
        name="mine",
        version="1+00000000",
        folder=folder,
        title="mine",
        licence=None,
        citation=None,
        params={},
        graders=(),
        prompt=prompt,
        samples=(SAMPLE,),
    )


def user(content: str) -> Message:
    return Message(role="user", content=content)


def said(content: str) -> Message:
    return Message(role="system", content=content)


def rendered(template: str | None, sample: Sample = SAMPLE, **overrides: str | None) -> tuple[Message, ...]:
    return render_messages(suite_of(template), sample, **{"system": None, "prompt": None, **overrides})


def test_a_template_is_filled_with_the_row_and_nothing_is_escaped_or_trimmed() -> None:
    assert rendered("\n {{ question }} \n\n") == (user("\n 1 < 2 & {{ x }}? \n\n"),)


def test_without_a_template_the_input_is_sent_as_it_is() -> None:
    assert rendered(None) == (user("plain\n"),)


def test_an_input_that_looks_like_a_template_is_not_filled() -> None:
    assert rendered(None, replace(SAMPLE, input="{{ question }}")) == (user("{{ question }}"),)


def test_an_entrys_prompt_wins_over_the_suites() -> None:
    assert rendered("{{ question }}", prompt="mine: {{ sample_id }}") == (user("mine: s1"),)


@pytest.mark.parametrize(
    ("own", "entrys", "want"),
    [
        pytest.param(None, None, (), id="neither"),
        pytest.param("sample", None, (said("sample"),), id="the sample's"),
        pytest.param("sample", "entry", (said("entry"),), id="the entry's wins"),
        pytest.param("sample", "", (), id="an empty one of the entry takes it away"),
    ],
)
def test_the_system_message_is_the_entrys_over_the_samples(
    own: str | None, entrys: str | None, want: tuple[Message, ...]
) -> None:
    assert rendered(None, replace(SAMPLE, system=own), system=entrys) == (*want, user("plain\n"))


@pytest.mark.parametrize(
    ("first", "entrys", "want"),
    [
        pytest.param((), None, (), id="none"),
        pytest.param((said("theirs"),), None, (said("theirs"),), id="theirs"),
        pytest.param((said("theirs"),), "entry", (said("entry"),), id="the entry's wins"),
        pytest.param((), "entry", (said("entry"),), id="the entry's"),
    ],
)
def test_messages_are_sent_whatever_template_there_is(
    first: tuple[Message, ...], entrys: str | None, want: tuple[Message, ...]
) -> None:
    turns = (user("Hi"), Message(role="assistant", content="Ho"), user("Hu"))
    sample = replace(SAMPLE, messages=(*first, *turns))
    assert rendered("{{ question }}", sample, system=entrys, prompt="x") == (*want, *turns)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        pytest.param(
            "{{ qestion }}",
            'names the column "qestion", which the sample does not have. It has: '
            'sample_id, question, hint. Nothing was sent. Did you mean "question"?',
            id="column",
        ),
        pytest.param("{% for x in things %}{{ x }}{% endfor %}", '"things"', id="column in a loop"),
        pytest.param("{{ question.text }}", "no attribute 'text'", id="attribute"),
        pytest.param("a\n{{ question", "not Jinja at line 2", id="syntax"),
        pytest.param("{{ hint }}", "prints a NULL. Nothing was sent. NULL there: hint.", id="NULL"),
        pytest.param("{{ 1 / 0 }}", "fails (ZeroDivisionError", id="fails"),
        pytest.param("{{ question.__class__.__mro__ }}", "fails (SecurityError", id="out of the sandbox"),
        pytest.param(
            "{% for i in range(10000000) %}x{% endfor %}", "fails (OverflowError", id="too long a loop"
        ),
        pytest.param("{% include 'other' %}", "fails (TypeError", id="another file"),
        pytest.param(" \n", 'the prompt of sample "s1" is empty', id="empty"),
    ],
)
def test_a_template_that_does_not_fit_is_told(template: str, told: str) -> None:
    with pytest.raises(SuiteError) as caught:
        check_templates(suite_of(template), system=None, prompt=None)
    assert told in str(caught.value)
    assert "Nothing was sent" in str(caught.value)


@pytest.mark.parametrize(
    "template", ["{{ hint or '' }}x", "{{ other | default('') }}x", "{% if other is defined %}y{% endif %}x"]
)
def test_what_may_be_absent_can_be_said_so(template: str) -> None:
    assert rendered(template) == (user("x"),)


def test_the_template_is_named_by_its_file_and_an_entrys_by_its_entry(tmp_path: Path) -> None:
    (tmp_path / "prompt.jinja").write_text("{{ nope }}", encoding="utf-8")
    suite = suite_of("{{ nope }}", folder=str(tmp_path))
    with pytest.raises(SuiteError) as caught:
        check_templates(suite, system=None, prompt=None)
    assert str(caught.value).startswith(f'{tmp_path / "prompt.jinja"}: sample "s1": ')
    with pytest.raises(SuiteError) as caught:
        check_templates(suite, system=None, prompt="{{ nope }}")
    assert str(caught.value).startswith("mine: the prompt of the model's entry: ")


def test_a_sample_without_input_or_template_is_told() -> None:
    with pytest.raises(SuiteError, match=r'sample "s1" has no input \(NULL\)'):
        rendered(None, replace(SAMPLE, input=None))


def test_a_suite_from_disk_is_rendered_by_its_columns(make_suite: Any, cache: Path) -> None:
    from tasks.load.samples import load_suite

    folder = make_suite(
        "select 1 as sample_id, ['x', 'y'] as choices, {a: 2.50::decimal(4, 2)} as extra",
        prompt="{% for choice in choices %}{{ loop.index }}. {{ choice }}\n{% endfor %}{{ extra.a }}",
    )
    suite = load_suite(folder, cache)
    assert render_messages(suite, suite.samples[0], system=None, prompt=None) == (user("1. x\n2. y\n2.50"),)
