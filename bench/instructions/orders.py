"""Each kind of instruction as a prompt may ask it: its options, its wordings, and which kinds exclude it."""

from collections.abc import Callable
from random import Random
from typing import Any

from bench.instructions.prose import AVOIDED, BEGINNINGS, CLOSINGS, FOREIGN, REQUIRED

Options = dict[str, Any]
Draw = Callable[[Random], tuple[Options, tuple[str, ...]]]

# Of each group a prompt has one kind at most: together they contradict each other, or nearly so.
EXCLUSIVE = (
    frozenset(
        {"paragraphs", "lines", "bullets", "numbered", "sections", "two_responses", "json", "repeat_prompt"}
    ),
    frozenset({"starts_with", "title", "repeat_prompt", "quoted", "json", "no_commentary"}),
    frozenset({"ends_with", "postscript", "quoted", "json", "two_responses", "no_commentary"}),
    frozenset({"lowercase", "uppercase", "capital_words", "repeat_prompt"}),
    frozenset({"lowercase", "uppercase", "title", "sections", "starts_with"}),
    frozenset({"paragraph_start", "title", "starts_with", "repeat_prompt", "quoted", "json", "lines"}),
    frozenset({"paragraph_start", "bullets", "numbered", "sections", "two_responses"}),
    frozenset({"paragraphs", "postscript", "title"}),
    frozenset({"lines", "postscript", "title"}),
    frozenset({"numbered", "no_digits"}),
    frozenset({"sections", "no_digits"}),
    frozenset({"words", "sentences", "repeat_prompt"}),
    frozenset({"json", "highlights", "placeholders", "sentences", "sentence_words"}),
    frozenset({"sentences", "highlights", "placeholders", "postscript", "title", "two_responses"}),
)
ALONE = frozenset({"one_of"})
BESIDE_LANGUAGE = frozenset(
    {"language", "paragraphs", "bullets", "numbered", "no_digits", "quoted", "no_commas"}
)


def compatible(kinds: set[str]) -> bool:
    """Whether one answer can follow all of these kinds."""
    if kinds & ALONE and len(kinds) > 1:
        return False
    if "language" in kinds and not kinds <= BESIDE_LANGUAGE:
        return False
    return all(len(kinds & group) <= 1 for group in EXCLUSIVE)


def draw_order(kind: str, rng: Random) -> tuple[Options, str]:
    """Options of a kind, and the sentence that asks for it."""
    options, wordings = DRAWS[kind](rng)
    return {"kind": kind, **options}, rng.choice(wordings)


def _words(rng: Random) -> tuple[Options, tuple[str, ...]]:
    if rng.random() < 0.5:
        n = rng.randrange(60, 140, 10)
        return {"at_least": n}, (f"Use no fewer than {n} words.", f"Make it {n} words long or longer.")
    n = rng.randrange(50, 120, 10)
    return {"at_most": n}, (f"Stay within {n} words.", f"More than {n} words are too many.")


def _sentences(rng: Random) -> tuple[Options, tuple[str, ...]]:
    n = rng.randrange(4, 9)
    if rng.random() < 0.5:
        return {"at_least": n}, (f"It takes {n} sentences or more.", f"Do not stop before {n} sentences.")
    return {"at_most": n}, (f"Keep it to {n} sentences at the most.", f"No more than {n} sentences, please.")


def _sentence_words(rng: Random) -> tuple[Options, tuple[str, ...]]:
    n = rng.randrange(14, 19)
    return {"at_most": n}, (
        f"No sentence may be longer than {n} words.",
        f"Limit each sentence to {n} words.",
    )


def _exactly(low: int, high: int, *wordings: str) -> Draw:
    def draw(rng: Random) -> tuple[Options, tuple[str, ...]]:
        n = rng.randrange(low, high)
        return {"at_least": n, "at_most": n}, tuple(text.format(n=n) for text in wordings)

    return draw


def _at_least(low: int, high: int, *wordings: str) -> Draw:
    def draw(rng: Random) -> tuple[Options, tuple[str, ...]]:
        n = rng.randrange(low, high)
        return {"at_least": n}, tuple(text.format(n=n) for text in wordings)

    return draw


def _plain(*wordings: str) -> Draw:
    return lambda rng: ({}, wordings)


def _required(rng: Random) -> tuple[Options, tuple[str, ...]]:
    words = rng.sample(REQUIRED[:8], rng.randrange(2, 4))
    said = " and ".join(f'"{word}"' for word in words)
    return {"words": words}, (f"Work in the words {said}.", f"Somewhere the words {said} must occur.")


def _forbidden(rng: Random) -> tuple[Options, tuple[str, ...]]:
    words = rng.sample(AVOIDED, rng.randrange(2, 5))
    said = ", ".join(f'"{word}"' for word in words)
    return {"words": words}, (f"These words are off limits: {said}.", f"Do without the words {said}.")


def _word_count(rng: Random) -> tuple[Options, tuple[str, ...]]:
    word, n = rng.choice(REQUIRED[8:]), rng.randrange(2, 5)
    asked = (
        f'The word "{word}" shall occur exactly {n} times.',
        f'Use "{word}" {n} times, no more, no less.',
    )
    return {"word": word, "at_least": n, "at_most": n}, asked


def _letter_count(rng: Random) -> tuple[Options, tuple[str, ...]]:
    if rng.random() < 0.5:
        letter = rng.choice("zqxj")
        return {"letter": letter, "at_most": 2}, (f'The letter "{letter}" may occur twice at the most.',)
    letter, n = rng.choice("eaos"), rng.randrange(12, 25)
    return {"letter": letter, "at_least": n}, (f'Let the letter "{letter}" occur {n} times or more.',)


def _paragraph_start(rng: Random) -> tuple[Options, tuple[str, ...]]:
    word, n = rng.choice(("meanwhile", "afterwards", "however", "sometimes")), rng.randrange(1, 3)
    place = ("first", "second")[n - 1]
    asked = f'Put an empty line between paragraphs, and begin the {place} one with the word "{word}".'
    return {"paragraph": n, "word": word}, (asked,)


def _text(texts: tuple[str, ...], *wordings: str) -> Draw:
    def draw(rng: Random) -> tuple[Options, tuple[str, ...]]:
        text = rng.choice(texts)
        return {"text": text}, tuple(wording.format(text=text) for wording in wordings)

    return draw


def _sections(rng: Random) -> tuple[Options, tuple[str, ...]]:
    n, word = rng.randrange(2, 5), rng.choice(("Section", "Part", "Chapter"))
    asked = f'Divide it into {n} parts, each under a line of its own: "{word} 1", "{word} 2" and so on.'
    return {"word": word, "at_least": n, "at_most": n}, (asked,)


def _postscript(rng: Random) -> tuple[Options, tuple[str, ...]]:
    marker = rng.choice(("P.S.", "P.P.S."))
    return {"marker": marker}, (f"After an empty line, end with a postscript that begins with {marker}",)


def _language(rng: Random) -> tuple[Options, tuple[str, ...]]:
    language = rng.choice(sorted(FOREIGN))
    name = FOREIGN[language][0]
    return {"language": language}, (f"Answer in {name} only.", f"The whole answer must be in {name}.")


DRAWS: dict[str, Draw] = {
    "words": _words,
    "sentences": _sentences,
    "sentence_words": _sentence_words,
    "paragraphs": _exactly(2, 6, "Write exactly {n} paragraphs with an empty line between each two."),
    "lines": _exactly(3, 8, "Fill exactly {n} lines, not counting empty ones.", "It shall have {n} lines."),
    "required_words": _required,
    "forbidden_words": _forbidden,
    "word_count": _word_count,
    "letter_count": _letter_count,
    "paragraph_start": _paragraph_start,
    "capital_words": _at_least(
        2, 6, "Write {n} words or more entirely in capitals, of two letters at least."
    ),
    "lowercase": _plain("Use small letters only.", "There must not be a single capital letter."),
    "uppercase": _plain("WRITE ALL OF IT IN CAPITALS.", "Every letter has to be a capital."),
    "no_commas": _plain("Do not use a comma anywhere.", "Commas are not allowed."),
    "no_digits": _plain("Write no digits; numbers go in words.", "Not one digit may occur."),
    "bullets": _exactly(2, 7, 'Give exactly {n} bullet points, each on a line that begins with "- ".'),
    "numbered": _exactly(2, 7, 'Give a list of exactly {n} items, numbered "1.", "2." and so on.'),
    "sections": _sections,
    "highlights": _at_least(1, 5, "Highlight {n} parts or more with *asterisks*, like *this*."),
    "placeholders": _at_least(1, 5, "Leave {n} or more places to fill in, in square brackets, like [name]."),
    "title": _plain("On the first line, put a title in double angle brackets: <<title>>."),
    "postscript": _postscript,
    "two_responses": _plain(
        "Give two different answers, and between them only a line of six asterisks: ******"
    ),
    "starts_with": _text(BEGINNINGS, 'The first words must be "{text}".', 'Begin with "{text}".'),
    "ends_with": _text(
        CLOSINGS, 'Close with exactly "{text}" and add nothing.', 'The last words are "{text}"'
    ),
    "repeat_prompt": _plain("First repeat the sentence above word for word, then answer it."),
    "quoted": _plain("Put the whole answer in double quotation marks.", 'Wrap all of it in " and ".'),
    "json": _plain("Answer with one JSON object and nothing else, not even a code fence."),
    "one_of": _plain(""),
    "no_commentary": _plain("Come straight to the point: no opening remark, no offer of help at the end."),
    "language": _language,
}
