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


NINES = "{% for i in range(9999) %}" * 9
DEEP = "{{ loop.index }}"
ENDLESS = "does not come to an end: it takes more than 300,000 steps. Nothing was sent."


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
        pytest.param("{{ question | attr('__class__') }}", "fails (SecurityError", id="out by a filter"),
        pytest.param("{{ '{0.__class__}'.format(question) }}", "fails (SecurityError", id="out by a format"),
        pytest.param(
            "{{ question.__init__.__globals__['os'].environ }}",
            "fails (SecurityError",
            id="to the environment",
        ),
        pytest.param(
            "{% for i in range(10000000) %}x{% endfor %}", "fails (OverflowError", id="too long a loop"
        ),
        pytest.param(f"{NINES}{DEEP}{'{% endfor %}' * 9}", ENDLESS, id="loops in loops"),
        pytest.param(f"{NINES}{'{% endfor %}' * 9}", ENDLESS, id="loops in loops that print nothing"),
        pytest.param(
            "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
            ENDLESS,
            id="a macro that calls itself twice",
        ),
        pytest.param(
            "{% for x in [60] recursive %}{{ loop([x - 1]) if x }}{{ loop([x - 1]) if x }}{% endfor %}",
            ENDLESS,
            id="a recursive loop",
        ),
        pytest.param("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "RecursionError", id="recursion"),
        pytest.param(
            "{% for i in range(90000) %}{{ 'x' * 9000 }}{% endfor %}",
            "yields more than 33,554,432 characters",
            id="too long a text",
        ),
        pytest.param("{{ 'x' * 10 ** 12 }}", "a product has more than", id="a product"),
        pytest.param("{{ 10 ** 9999 }}", "more than 4,096 bits", id="a power"),
        pytest.param(
            "{% set ns = namespace(n=9) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
            "more than 4,096 bits",
            id="squares of squares",
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


def test_bounds_are_of_one_rendering_and_far_beyond_what_a_prompt_needs() -> None:
    template = "{% for a in range(300) %}{% for b in range(300) %}{{ loop.last }}{% endfor %}{% endfor %}"
    texts = {str(rendered(template)[0]["content"]) for _ in range(5)}
    assert [len(text) for text in texts] == [300 * (299 * len("False") + len("True"))]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ '-' * 3 }}{{ 2 ** 10 }}{{ 1.5 * 2 }}{{ [1] * 2 }}", "---10243.0[1, 1]"),
        ("{% for a in [1, 2, 3] if a > 1 %}{{ loop.index }}/{{ loop.length }} {% endfor %}", "1/2 2/2 "),
        ("{% for a in [] %}x{% else %}none{% endfor %}", "none"),
        (
            "{% for a in [[1, [2]], [3]] recursive %}{% if a is iterable %}({{ loop(a) }})"
            "{% else %}{{ a }}{% endif %}{% endfor %}",
            "(1(2))(3)",
        ),
        ("{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}", "a=1"),
        ("{% macro b(x) %}<{{ x }}>{% endmacro %}{{ b(1) }}{{ 'ab' | upper }}", "<1>AB"),
    ],
)
def test_what_is_bounded_works_as_in_jinja(template: str, text: str) -> None:
    assert rendered(template) == (user(text),)
