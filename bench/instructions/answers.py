"""Reference answers: prose that follows every instruction of a prompt, and prose that misses exactly one.

`write` takes the orders as a recipe; what chance leaves open (lengths, letters) is drawn again until the
grader's own checks say what is wanted. A wrong answer is written without one order, and with BREAK of it.
"""

import json
from collections.abc import Mapping, Sequence
from random import Random

from bench.instructions.orders import Options
from bench.instructions.prose import FOREIGN, SENTENCES
from tasks.grade.instructions.kinds import followed, read_instructions
from tasks.grade.instructions.text import Text

DRAWS = 600
Orders = Mapping[str, Options]
CAPITALS = ("ASK", "CHECK", "WRITE", "WAIT", "REST", "REPEAT")


def reference(orders: Orders, task: str, subject: str, rng: Random) -> str | None:
    """An answer that follows all, or None where none was found."""
    return _drawn(orders, None, task, subject, rng)


def near_miss(orders: Orders, kind: str, task: str, subject: str, rng: Random) -> str | None:
    """An answer that misses this kind and follows all others, or None where none was found."""
    return _drawn(orders, kind, task, subject, rng)


def missed_kinds(orders: Orders, answer: str) -> list[str]:
    """The kinds that an answer misses, as it is."""
    text = Text(answer)
    asked = read_instructions(json.dumps(list(orders.values())))
    return [one.kind for one in asked if followed(one, text) is not None]


def _drawn(orders: Orders, broken: str | None, task: str, subject: str, rng: Random) -> str | None:
    wanted = [] if broken is None else [broken]
    for _ in range(DRAWS):
        answer = _write(orders, broken, task, subject, rng)
        if answer and missed_kinds(orders, answer) == wanted:
            return answer
    return None


def _write(orders: Orders, broken: str | None, task: str, subject: str, rng: Random) -> str | None:
    kept = {kind: options for kind, options in orders.items() if kind != broken}
    if "one_of" in orders:
        options = orders["one_of"]["options"]
        return str(rng.choice(options)) if "one_of" in kept else f"{options[0]}, but only at times."
    pieces = _pieces(kept, subject, rng)
    if broken is not None:
        pieces[len(pieces) // 2 : len(pieces) // 2] = _spoilers(broken, orders[broken], rng)
    body = _laid_out(kept, pieces, rng)
    if body is None:
        return None
    text = _framed(kept, body, task, subject)
    if broken == "no_commentary":
        text = f"Sure: {text}"
    if broken == "json":
        text = f"```json\n{json.dumps({'note': text}, ensure_ascii=False)}\n```"
    return text.lower() if "lowercase" in kept else text.upper() if "uppercase" in kept else text


def _pieces(kept: Orders, subject: str, rng: Random) -> list[str]:
    """The sentences."""
    language = kept.get("language", {}).get("language")
    if language:
        return [sentence for _ in range(2) for part in FOREIGN[language][1:] for sentence in part]
    pool = [sentence.format(subject=subject) for sentence in rng.sample(SENTENCES, rng.randrange(1, 21))]
    pool += [f"Bring the {word} too." for word in kept.get("required_words", {}).get("words", ())]
    if "word_count" in kept:
        pool += [f"Mind the {kept['word_count']['word']}."] * kept["word_count"]["at_least"]
    pool += ["Call [person]."] * kept.get("placeholders", {}).get("at_least", 0)
    rng.shuffle(pool)
    for n in range(min(kept.get("highlights", {}).get("at_least", 0), len(pool))):
        first, _, rest = pool[n].partition(" ")
        pool[n] = f"*{first}* {rest}"
    if "capital_words" in kept:
        pool.append(" ".join(CAPITALS[: kept["capital_words"]["at_least"]]) + ".")
    return pool


def _spoilers(broken: str, options: Options, rng: Random) -> list[str]:
    """Sentences that miss what prose without this order would follow by itself."""
    if broken == "forbidden_words":
        return [f"It is {rng.choice(options['words'])} to begin."]
    if broken == "letter_count" and "at_most" in options:
        return [f"Look for {options['letter'] * 3} on the door."]
    if broken == "sentence_words":
        return ["Nobody knows " + "what to do and " * 6 + "whom to ask."]
    return {"no_commas": ["Look, then act."], "no_digits": ["It takes 3 days."]}.get(broken, [])


def _laid_out(kept: Orders, pieces: Sequence[str], rng: Random) -> str | None:
    """The sentences in their layout; None where there are too few of them."""
    if "json" in kept:
        return json.dumps({"note": " ".join(pieces)}, ensure_ascii=False)
    shape = next((k for k in ("paragraphs", "lines", "bullets", "numbered", "sections") if k in kept), "")
    n = kept[shape]["at_least"] if shape else 2 if "two_responses" in kept else rng.randrange(1, 4)
    if len(pieces) < n:
        return None
    parts = [" ".join(pieces[len(pieces) * i // n : len(pieces) * (i + 1) // n]) for i in range(n)]
    if "paragraph_start" in kept:
        place = kept["paragraph_start"]["paragraph"] - 1
        if place >= n:
            return None
        parts[place] = f"{kept['paragraph_start']['word'].title()} it helps to look around. {parts[place]}"
    if shape == "bullets":
        return "\n".join(f"- {part}" for part in parts)
    if shape == "numbered":
        return "\n".join(f"{i}. {part}" for i, part in enumerate(parts, 1))
    if shape == "sections":
        return "\n\n".join(f"{kept[shape]['word']} {i}\n{part}" for i, part in enumerate(parts, 1))
    if "two_responses" in kept:
        return "\n******\n".join(parts)
    return ("\n" if shape == "lines" else "\n\n").join(parts)


def _framed(kept: Orders, body: str, task: str, subject: str) -> str:
    """The text with what comes before and after it."""
    if "starts_with" in kept:
        body = f"{kept['starts_with']['text']}: {body}"
    if "title" in kept:
        body = f"<<About {subject}>>\n\n{body}"
    if "repeat_prompt" in kept:
        body = f"{task}\n\n{body}"
    if "ends_with" in kept:
        body = f"{body} {kept['ends_with']['text']}"
    if "postscript" in kept:
        body = f"{body}\n\n{kept['postscript']['marker']} Keep a copy."
    return f'"{body}"' if "quoted" in kept else body
