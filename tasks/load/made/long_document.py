"""`long_document`: a register of ten years whose entries amend each other, and questions across all of it.

The register (tasks/load/made/register/) is drawn as facts first; answers are worked out from these, and the
text is written from them. However long a document is, a question takes about as many facts: what grows is
what lies between them. All questions on a document are asked with the whole of it in front.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from tasks.load.made.base import Generator, Length, Options, Row, check_size, different, document_chars
from tasks.load.made.draw import Draw
from tasks.load.made.register.history import draw_register
from tasks.load.made.register.questions import ASK, Kind, Question, draw_questions
from tasks.load.made.register.wording import write_register

PROMPT = """{{ document }}

-----

The text above is a register. Answer this question from it, and from nothing else:
{{ input }}

Reply with the answer alone, on one line: a number in digits, or a name as the register writes it.
"""


class LongDocumentOptions(Options):
    """Which documents are made and what is asked of them."""

    lengths: Annotated[tuple[Length, ...], AfterValidator(different)] = (
        8_000, 16_000, 32_000, 64_000, 128_000,
    )  # fmt: skip
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] = tuple(ASK)
    documents: Annotated[int, Field(ge=1, le=1_000)] = 1  # of each length
    questions: Annotated[int, Field(ge=1, le=20)] = 2  # of each kind on a document


def make_long_document(seed: int, options: LongDocumentOptions) -> Iterator[Row]:
    """The rows of the suite, document by document.

    Raises: ValueError: a length is too short for so many questions, or all of them are too much.
    """
    check_size(sum(options.lengths) * options.documents)
    for length in options.lengths:
        for number in range(1, options.documents + 1):
            try:
                yield from _document(seed, options, length, number)
            except ValueError as error:
                raise ValueError(f"lengths: {length:,} tokens: {error}") from error


def spellings(question: Question) -> list[str]:
    """Every way to write the answer that is right; the first is as it is asked for."""
    plain = [str(question.answer)]
    if isinstance(question.answer, int) and question.answer >= 1_000:
        plain.append(f"{question.answer:,}")
    match question.form:
        case "crowns":
            return [*plain, *(f"{number} crowns" for number in plain)]
        case "work":
            return [*plain, f"the {question.answer}"]
        case _:
            return plain


def _document(seed: int, options: LongDocumentOptions, length: int, number: int) -> Iterator[Row]:
    draw = Draw("long_document", seed, length, number)
    n_chars = document_chars(length)
    register = draw_register(draw, n_chars)
    document, places = write_register(register, n_chars, draw)
    for kind in options.kinds:
        asked = Draw("long_document", seed, length, number, kind)  # whatever other kinds are asked
        for nth, question in enumerate(draw_questions(register, kind, options.questions, asked), 1):
            yield _row(f"{length}-{number}", kind, nth, question) | {
                "document": document,
                "metadata": {
                    "kind": kind,
                    "length_tokens": length,
                    "evidence_percent": sorted(places[fact] for fact in question.facts),
                    "document_chars": len(document),
                },
            }


def _row(cluster: str, kind: Kind, nth: int, question: Question) -> dict[str, object]:
    targets = spellings(question)
    return {
        "sample_id": f"{cluster}-{kind}-{nth}",
        "input": question.text,
        "target": targets[0],
        "targets": targets,
        "wrong": [str(wrong) for wrong in dict.fromkeys(question.wrong)],
        "category": kind,
        "cluster": cluster,
    }


LONG_DOCUMENT = Generator("long_document", 1, LongDocumentOptions, PROMPT, make_long_document)
