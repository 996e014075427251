r"""The letter of a choice that a response states: `(B)`, `**B**`, `Answer: B`, `答案：B`, `الإجابة: B`, ...

Read in this order, the last one of the first kind that occurs wins (after reasoning, the last word counts):
1. a word for "answer" and a letter after it, in the languages of `_ANSWER`; or "B is correct"
2. a line of nothing but the letter, or `\boxed{B}`
3. the one line that begins as an option does: `B) Paris`
4. a letter in brackets or bold amid the text
5. a letter as the very last word

A capital A or I before a lower-case word is an article or a pronoun, not a letter (`A dog is ...`).
Not done: letters of other scripts (Cyrillic В), several letters at once, `a` or `b` amid a sentence.
Bounded: the last 20,000 characters are read, in linear time.
"""

import re
import unicodedata

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_TEXT_CHARS = 20_000

_ANSWER = (
    "answer|choice|option|solution"  # English
    "|antwort|lösung|respuesta|réponse|risposta|resposta|antwoord|svar(?:et)?|vastaus|odpowiedź|odpověď"
    "|răspuns(?:ul)?|válasz|cevap|yanıt|đáp án|trả lời|jawaban|jibu|ответ|відповідь|απάντηση"
    "|答案|回答|答え|答|正解|選択肢|选项|選項|选择|選擇|선택|정답|답"
    "|الإجابة|الاجابة|إجابة|الجواب|جواب|پاسخ|תשובה|उत्तर|জবাব|উত্তর|คำตอบ|ข้อ|సమాధానం|జవాబు|பதில்"
)
_LINK = (
    r":|=|->|→|\b(?:is|be|ist|lautet|es|est|è|é|ni|är|er|jest|je|este|to|là|adalah)\b"
    "|—|–|-|[是为為はがも은는이가]|هي|هو|है|হল|হলো|คือ"
)
_FILLER = (
    r"(?:(?:the|an?|most|likely|clearly|probably|definitely|therefore|thus|indeed|simply|option|choice|letter"
    r"|answer|also|donc|quindi|entonces|die|der|das|buchstabe|option|antwort|la|le|el|il|lo|o|os|opción|opcion|opção|opzione|réponse|lettre|lettera"
    r"|letra|letter|вариант|буква|chaguo|herufi|đáp án|选项|選項|選択肢|ตัวเลือก|ข้อ|विकल्प|বিকল্প|ఎంపిక"
    r"|الخيار|الحرف|보기|[a-z]{3,12}ly)(?![a-z])\s{0,3}){0,4}"
)
_OPEN = r"(?:\\(?:boxed|fbox|text|textbf|mathbf|mathrm)\s?\{|[\s*_~`\"'“”„‘’«»(\[{<>$#【「『]){0,12}"
_LETTER = r"(?<![A-Za-z0-9À-ɏ])(?P<{name}>[A-Za-z])(?![A-Za-z0-9À-ɏ]|['’][A-Za-z]|-[A-Za-z])"

_ANSWER, _LINK, _FILLER = (unicodedata.normalize("NFKC", words) for words in (_ANSWER, _LINK, _FILLER))
_STATED = re.compile(
    rf"(?:{_ANSWER})(?:[^\n:.!?]{{0,60}}?(?:{_LINK})\s{{0,3}})?{_OPEN}{_FILLER}{_OPEN}"
    + _LETTER.format(name="after")
    + "|"
    + _LETTER.format(name="before")
    + r"[)\]}*_.\"'”’」』]{0,4}\s{0,3}(?:is|ist|est|es|è|é|が|は|是)\s{0,3}"
    r"(?:the|die|der|la|le|el|il|a)?\s{0,3}"
    r"(?:only\s|most\s|best\s)?(?:correct|right|best|answer|true|richtig|korrekt|correct[ao]|corretta|bonne|正解"
    r"|正确|正確|答案|正しい)",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"(?:^|\\(?:boxed|fbox)\s?(?=\{))"
    + _OPEN
    + _LETTER.format(name="letter")
    + r"[\s*_~`\"'”’»)\]}>$.:】」』]*?(?:$|\})",
    re.MULTILINE,
)
_OPTION_LINE = re.compile(
    r"^[\s>*_(\[#-]{0,12}" + _LETTER.format(name="letter") + r"[*_]{0,3}[)\].:、][*_]{0,3}(?=\s|$)",
    re.MULTILINE,
)
_MARKED = re.compile(r"[(\[]([A-Z])[)\]]|\*\*\(?([A-Z])[).]?\*\*")
_LAST_WORD = re.compile(r"(?:^|[\s:(])([A-Z])[\s*_.!)\]}$\"'”’。]*\Z")
_ARTICLE = re.compile(r"\s+(?!(?:because|since|as|is|was|and|or|due|given|which|for|with|but|if)\b)[a-z]")
_DENIED = re.compile(
    r"\b(?:not|never|neither|nicht|kein\w*|pas|non|nie|не|cannot)\b|n['’]t\b|不是|ない|ليست?", re.IGNORECASE
)


def stated_letter(text: str, letters: str = LETTERS) -> str | None:
    """The letter that the text states, in upper case, or None. Only those of `letters` count."""
    tail = unicodedata.normalize("NFKC", text[-MAX_TEXT_CHARS:])
    for found in (
        _after_a_word(tail),
        _alone(tail),
        _option_line(tail, letters),
        _marked(tail),
        _last_word(tail),
    ):
        allowed = [letter for letter in found if letter in letters]
        if allowed:
            return allowed[-1]
    return None


def _after_a_word(text: str) -> list[str]:
    found = []
    for match in _STATED.finditer(text):
        group = "after" if match["after"] else "before"
        letter, end = match[group], match.end(group)
        if group == "after" and _DENIED.search(match[0]):
            continue
        if letter.isupper():
            usable = letter not in "AI" or group == "before" or not _ARTICLE.match(text, end)
        else:
            usable = group == "after" and not text[end : text.find("\n", end) % (len(text) + 1)].strip(
                " *_`\"'.)]}$"
            )
        if usable:
            found.append(letter.upper())
    return found


def _alone(text: str) -> list[str]:
    return [match["letter"].upper() for match in _ALONE.finditer(text)]


def _option_line(text: str, letters: str) -> list[str]:
    found = [match["letter"] for match in _OPTION_LINE.finditer(text)]
    named = {letter for letter in found if letter.isupper() and letter in letters}
    return sorted(named) if len(named) == 1 else []


def _marked(text: str) -> list[str]:
    return [match[1] or match[2] for match in _MARKED.finditer(text)]


def _last_word(text: str) -> list[str]:
    match = _LAST_WORD.search(text)
    if (
        match is None
        or match[1] == "I"
        or _DENIED.search(text, max(0, match.start() - 12), match.start() + 1)
    ):
        return []
    return [match[1]]
