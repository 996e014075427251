r"""The answer states every fact, and advises nothing that is forbidden: phrases, and a rule for warnings.

A phrase is words in this order, whole, case ignored: `already exists`. Three signs make it less stiff:

    a|b       either will do
    retr*     a word that begins so
    drop .. constraint    up to four other words between, in one sentence

A space also stands for hyphens. Of the answer, Markdown's ``*`` and `` ` `` are set aside. A sentence ends
at `.`, `!`, `?` or `;` before white space, at an empty line, and where a list item or heading begins.

A forbidden phrase counts unless the answer only warns against it. That is so where

1. one of NEGATIONS is among the six words before it, in its sentence, and no word of
   TURNS stands between: `do not drop or disable the constraint`, but not `it is no typo, so drop it`;
2. what follows it in its sentence says so within four words: `disabling it is not a fix`, `would be wrong`,
   `would lose rows`;
3. it stands in a list item, and the line that leads in to the list has one of NEGATIONS: `Avoid:`.

Not done: a fact is not checked for negation, nor the answer for sense; words of other languages.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from tasks.grade.base import Grader, lacking, verdict
from tasks.grade.text import comparable, shown
from tasks.model import Grade, Sample

GAP_WORDS = 4
REACH_WORDS = 6
LIST_ITEMS = 20  # between a list's leading line and the item that it reaches
NEGATIONS = re.compile(
    r"not|never|no|nor|neither|without|avoid|avoids|avoided|avoiding|cannot|against|refrain|resist|\w+n't"
)
TURNS = re.compile(
    r"but|so|then|until|unless|because|therefore|thus|hence|instead|otherwise|just|only|simply"
)

_SPELLED = str.maketrans(
    {"`": None, "*": None, "’": "'", "‘": "'", "‐": "-", "‑": "-", "\0": None, "❌": " not ", "🚫": " not "}
)
_ITEM = "- "  # what every kind of list marker becomes
_MARKER = re.compile(r"^[ \t]*(?:[-+*•]|\d{1,3}[.)])[ \t]+", re.MULTILINE)
_ABBREVIATED = re.compile(r"\b(e\.g|i\.e|etc|vs)\.")
_BREAK = re.compile(r"(?<=[.!?;])\s+|\n\s*\n\s*|\n[ \t]*(?=- |#)|(?<=:)[ \t]*\n\s*")
_WORD = re.compile(r"\w+(?:'\w+)?")
_DISMISSED = re.compile(
    r"[^\w\n]++(?:(?!(?:and|or|so|then|to|until|if)\b)\w++[^\w\n]++){0,4}?"
    r"(?:(?:is|are|was|be|do|does|did|will|would|should|must|can|could)(?:n't|n.t|[ -]not|[ -]never|not)\b"
    r"|won't\b|can't\b"
    r"|(?:is|are|be|was) (?:\w+ ){0,2}?(?:wrong|bad|unsafe|dangerous|risky|harmful|pointless|useless|futile"
    r"|unnecessary|unhelpful)\b"
    r"|(?:only|merely|just|would|will)(?: only| merely| just)? (?:hides?|masks?|postpones?)\b"
    r"|would (?:\w+ly )?(?:lose|drop|corrupt|shift|misalign|break|discard|skip|destroy|delete|weaken|expose"
    r"|let|allow|return|give|pick|load|ignore|cause)\b)"
)


@dataclass(frozen=True, kw_only=True)
class Facts(Grader):
    """Every fact of the sample has an alternative in the answer, and no forbidden phrase is advised.

    `facts` and `forbidden` name the columns: lists of phrases, as this module describes them. Without the
    second column nothing is forbidden. `includes` differs: one list, parts of words, no warnings.
    """

    type: ClassVar[str] = "facts"

    facts: str = "facts"
    forbidden: str = "forbidden"

    def check(self, sample: Sample) -> None:
        """Refuse a sample without facts, or with a phrase that says nothing."""
        if not self._phrases(sample, self.facts):
            raise lacking(sample, f'has no "{shown(self.facts)}" (a list of text), which "facts" needs')
        for phrase in [*self._phrases(sample, self.facts), *self._phrases(sample, self.forbidden)]:
            try:
                _pattern(phrase)
            except ValueError as error:
                raise lacking(sample, f'has the phrase "{shown(phrase)}", {error}') from error

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Pass where nothing is missing and nothing forbidden is advised."""
        text = _sentences(answer)
        missing = [
            phrase for phrase in self._phrases(sample, self.facts) if not _pattern(phrase).search(text)
        ]
        advised = [
            hit
            for phrase in self._phrases(sample, self.forbidden)
            for hit in _advised(_pattern(phrase), text)
        ]
        said = [f'does not say "{shown(phrase)}"' for phrase in missing[:5]]
        said += [f'advises "{shown(hit)}"' for hit in advised[:5]]
        return verdict(not said, answer, "; ".join(said) or "says every fact and advises nothing forbidden")

    def _phrases(self, sample: Sample, column: str) -> Sequence[str]:
        value = sample.row.get(column)
        if value is None:
            return ()
        if isinstance(value, list | tuple) and all(isinstance(phrase, str) for phrase in value):
            return value
        raise lacking(sample, f'has a "{shown(column)}" that is no list of text, which "facts" needs')


def _advised(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """What a pattern finds that is not merely warned against."""
    for hit in pattern.finditer(text):
        start = text.rfind("\n", 0, hit.start()) + 1
        if not (
            _negated(text[max(start, hit.start() - 200) : hit.start()])
            or _DISMISSED.match(text, hit.end())
            or (text.startswith(_ITEM, start) and _led_by_warning(text, start))
        ):
            yield hit[0]


def _negated(before: str) -> bool:
    """Whether the words before a phrase deny it; a word of TURNS ends the reach of those before it."""
    words = _WORD.findall(before)[-REACH_WORDS:]
    for nth in reversed(range(len(words))):
        if _denies(words, nth):
            return True
        if TURNS.fullmatch(words[nth]) and not (nth and _denies(words[:nth], nth - 1)):
            return False
    return False


def _denies(words: Sequence[str], nth: int) -> bool:
    word, following = words[nth], words[nth + 1] if nth + 1 < len(words) else ""
    if (word, following) in {("instead", "of"), ("rather", "than")}:
        return True
    return NEGATIONS.fullmatch(word) is not None and following != "only"


def _led_by_warning(text: str, start: int) -> bool:
    """Whether the line before this list is a warning; items in between belong to the list."""
    end = start - 1
    for _ in range(LIST_ITEMS):
        begin = text.rfind("\n", 0, max(end, 0)) + 1
        if not text.startswith(_ITEM, begin):
            break
        end = begin - 1
    line = text[begin : max(end, 0)][-500:]
    words = _WORD.findall(line)
    leads = (
        line.endswith(":") or line.startswith("#") or (len(words) <= REACH_WORDS and not line.endswith("."))
    )
    return leads and any(_denies(words, nth) for nth in range(len(words)))


def _sentences(answer: str) -> str:
    """The answer in the form that is searched: one case, one sentence or list item a line."""
    text = _spelled(_MARKER.sub(_ITEM, answer.replace("\r\n", "\n")))
    parts = _BREAK.split(_ABBREVIATED.sub(r"\1", text))
    return "\n".join(re.sub(r"\s+", " ", part).strip() for part in parts)


def _spelled(text: str) -> str:
    return comparable(text, ignore_case=True).translate(_SPELLED)


@lru_cache(maxsize=4096)
def _pattern(phrase: str) -> re.Pattern[str]:
    """A phrase as a pattern whose time is linear in the text: what repeats is never given back.

    Raises: ValueError: an alternative has no word, or a gap at one of its ends.
    """
    return re.compile("|".join(_alternative(part) for part in phrase.split("|")))


def _alternative(phrase: str) -> str:
    words = phrase.split()
    if not any(char.isalnum() for char in phrase):
        raise ValueError("which has an alternative without a word")
    if ".." in (words[0], words[-1]):
        raise ValueError("which begins or ends with a gap")
    made, separator = "", ""
    for word in words:
        if word == "..":
            separator = rf"(?:[^\w\n]++\w++){{0,{GAP_WORDS}}}?[^\w\n]++"
            continue
        made += (" " if word.startswith("-") and made else separator) + _one_word(word)
        separator = "[ -]++"
    return made


def _one_word(word: str) -> str:
    bare = _spelled(word)
    before = r"(?<!\w)" if bare[:1].isalnum() or bare[:1] == "_" else ""
    after = r"\w*+" if word.endswith("*") else r"(?!\w)" if bare[-1:].isalnum() or bare[-1:] == "_" else ""
    return before + re.escape(bare) + after
