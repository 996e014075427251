"""Which language an answer is in: by script where that decides, else by function words. No model, no network.

Greek, Japanese, Korean, Thai and Russian are told by their script: most letters belong to it (Japanese: kana
are there too). So Ukrainian or Bulgarian passes for Russian: not told apart. English, French, German,
Spanish, Italian and Portuguese are told by how many of their most frequent words the answer has; the one
with the most wins, a tie or no word at all is no language. A few words may have none.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Literal

from tasks.grade.instructions.base import Instruction
from tasks.grade.instructions.text import Text

Language = Literal["en", "fr", "de", "es", "it", "pt", "el", "ru", "ja", "ko", "th"]
SHARE = 0.6  # of the letters; names and code words stay Latin
SCRIPTS = {"el": ("GREEK",), "ru": ("CYRILLIC",), "ko": ("HANGUL",), "th": ("THAI",)}
KANA = ("HIRAGANA", "KATAKANA")
CHARS = 20_000  # are looked at
FUNCTION_WORDS = {
    "en": "the of and to in is that it for with as are on this be was by not or from at have has which an "
    "its you he she they we his her their will would can if how many does each there",
    "fr": "le la les de des du et est un une dans que qui pour pas sur au aux avec ce cette il elle sont par "
    "ne se plus ou nous vous son sa ses leur combien chaque d'un d'une c'est qu'il a",
    "de": "der die das und ist ein eine nicht mit zu den dem von für auf sich es im des auch als an wird "
    "sind er sie wie viele wenn hat einen einer eines wir ich aus bei nach jeder",
    "es": "el la los las de del y es un una en que por para con no se su al lo como más si sus le cuántos "
    "cada son está hay cuando o a muy pero todo esta este",
    "it": "il lo la gli le di del della dei delle e è un una in che per con non si al alla da nel nella "
    "sono ha come più ogni quando se anche questo questa i o ma quanti",
    "pt": "o a os as de do da dos das e é um uma em que por para com não se ao à no na nos nas são está "
    "como mais seu sua cada quando ou mas isso este esta muito também",
}
_LISTS = {language: frozenset(words.split()) for language, words in FUNCTION_WORDS.items()}


@dataclass(frozen=True, kw_only=True)
class InLanguage(Instruction):
    """The answer is in the language."""

    kind: ClassVar[str] = "language"
    language: Language

    def missed(self, text: Text) -> str | None:
        """Compare with the language found."""
        found = language_of(text)
        return None if found == self.language else f"reads as {found or 'no language that is known'}"


def language_of(text: Text) -> str | None:
    """The language of a text, or None where it is none of those that are known, or not clear."""
    scripts = _scripts(text.raw[:CHARS])
    n = scripts.total()
    if not n:
        return None
    kana = sum(scripts[name] for name in KANA)
    if kana >= 0.1 * n and kana + scripts["CJK"] >= SHARE * n:
        return "ja"
    for language, names in SCRIPTS.items():
        if sum(scripts[name] for name in names) >= SHARE * n:
            return language
    return _by_words(text.words[:CHARS]) if scripts["LATIN"] >= SHARE * n else None


def _scripts(raw: str) -> Counter[str]:
    return Counter(unicodedata.name(char, "").partition(" ")[0] for char in raw if char.isalpha())


def _by_words(words: list[str]) -> str | None:
    hits = {language: sum(word in known for word in words) for language, known in _LISTS.items()}
    (first, most), (_, next_most) = sorted(hits.items(), key=lambda hit: -hit[1])[:2]
    return first if most > next_most else None
