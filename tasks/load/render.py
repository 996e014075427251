"""From a sample to the messages that are sent: the suite's template, or the override of a spec's entry."""

import difflib
import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Template, TemplateSyntaxError, UndefinedError

from tasks.load.definition import CARD, PROMPT
from tasks.load.sandbox import PrintsNullError, PromptEnvironment, TooMuchError, render
from tasks.load.sealed import LEFT_OUT
from tasks.model import Message, Sample, Suite
from warehouse.errors import SuiteError

_ENVIRONMENT = PromptEnvironment()
UNDEFINED = re.compile(r"'([^']+)' is undefined")


def render_messages(
    suite: Suite, sample: Sample, *, system: str | None, prompt: str | None
) -> tuple[Message, ...]:
    """The conversation that is sent for a sample.

    `system` and `prompt` (a template's text) are a spec entry's; each wins over the suite's own. A sample
    with `messages` is sent as these, whatever template there is; an entry's system message then takes the
    place of theirs, a sample's is put before them where they have none. Without any template the column
    `input` is sent as it is.

    Raises: SuiteError: a template is not Jinja, names a column that there is not, prints a NULL, fails, or
        yields nothing to ask.
    """
    turns = sample.messages or (Message(role="user", content=_user_text(suite, sample, prompt)),)
    own = turns[0]["content"] if turns[0]["role"] == "system" else sample.system
    spoken = tuple(turn for turn in turns if turn["role"] != "system")
    first = system if system is not None else own
    return (Message(role="system", content=first), *spoken) if first else spoken


def check_templates(suite: Suite, *, system: str | None, prompt: str | None) -> None:
    """Render the first sample, so that a template that cannot fit fails before the work of planning.

    Raises: SuiteError: as render_messages.
    """
    if suite.samples:
        render_messages(suite, suite.samples[0], system=system, prompt=prompt)


def _user_text(suite: Suite, sample: Sample, prompt: str | None) -> str:
    text = prompt if prompt is not None else suite.prompt
    if text is not None:
        rendered = _render(text, sample, suite, of_entry=prompt is not None)
    elif sample.input is not None:
        rendered = sample.input
    else:
        raise SuiteError(
            f'{suite.name}: sample "{sample.sample_id}" has no input (NULL), and there is no prompt.jinja. '
            f"Nothing was sent. Leave the row out of samples.sql, or give it an input."
        )
    if not rendered.strip():
        raise SuiteError(
            f'{suite.name}: the prompt of sample "{sample.sample_id}" is empty. Nothing was sent. Leave the '
            f"row out of samples.sql, or mend its question."
        )
    return rendered


def _render(text: str, sample: Sample, suite: Suite, *, of_entry: bool) -> str:
    try:
        return render(_compiled(text), sample.row)
    except Exception as error:  # a template is a program and may raise anything
        where = _where(suite, of_entry=of_entry)
        if suite.sealed and not isinstance(error, TemplateSyntaxError | PrintsNullError | TooMuchError):
            raise SuiteError(
                f'{where}: sample "{sample.sample_id}": the template fails ({type(error).__name__}); '
                f"{LEFT_OUT}. The sample has: {', '.join(sample.row)}. Nothing was sent."
            ) from None
        raise _explained(error, sample, where) from error


def _where(suite: Suite, *, of_entry: bool) -> str:
    beside = Path(suite.folder, PROMPT)
    if of_entry:
        return f"{suite.name}: the prompt of the model's entry"
    return str(beside if beside.exists() else Path(suite.folder, CARD))


def _explained(error: Exception, sample: Sample, where: str) -> SuiteError:
    place = f'{where}: sample "{sample.sample_id}"'
    if isinstance(error, TemplateSyntaxError):
        return SuiteError(f"{where}: not Jinja at line {error.lineno}: {error.message}. Nothing was sent.")
    if isinstance(error, UndefinedError):
        return SuiteError(f"{place}: {_undefined(error, sample)}")
    if isinstance(error, PrintsNullError):
        empty = ", ".join(name for name, value in sample.row.items() if value is None)
        return SuiteError(
            f"{place}: the template prints a NULL. Nothing was sent. NULL there: {empty or 'no column'}. "
            f"Leave the row out of samples.sql, or write {{{{ column or '' }}}}."
        )
    if isinstance(error, TooMuchError):
        return SuiteError(
            f"{place}: the template does not come to an end: {error}. Nothing was sent. Look at its loops, "
            f"or have samples.sql prepare what the prompt needs."
        )
    return SuiteError(f"{place}: the template fails ({type(error).__name__}: {error}). Nothing was sent.")


def _undefined(error: UndefinedError, sample: Sample) -> str:
    found = UNDEFINED.search(error.message or "")
    columns = f"It has: {', '.join(sample.row)}. Nothing was sent."
    if found is None:
        return f"{error.message}. {columns}"
    near = difflib.get_close_matches(found[1], sample.row, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else " Rename it, or have samples.sql return it."
    return f'the template names the column "{found[1]}", which the sample does not have. {columns}{hint}'


@lru_cache(maxsize=128)
def _compiled(text: str) -> Template:
    return _ENVIRONMENT.from_string(text)
