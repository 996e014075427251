"""The answer names the right one of the choices, by its letter or in its words."""

from dataclasses import dataclass
from typing import ClassVar

from tasks.grade.base import Grader, failed, lacking, right_answers, verdict
from tasks.grade.extract import extract
from tasks.grade.letters import LETTERS, stated_letter
from tasks.grade.text import comparable, shown
from tasks.model import Grade, Sample


@dataclass(frozen=True, kw_only=True)
class Choice(Grader):
    """The stated letter is the target's; where no letter is stated, the answer's text is the choice's.

    The target is a letter (A is the first of `choices`) or the text of a choice. Letters beyond the number
    of choices are not read as answers; without `choices`, A to Z are. An answer that only discusses the
    choices is `unparsable`. Not done: a text that is merely similar to a choice.
    """

    type: ClassVar[str] = "choice"

    extract: str = "letter"

    def check(self, sample: Sample) -> None:
        """Refuse a sample whose target names none of its choices."""
        self._wanted(sample)

    def grade(self, sample: Sample, answer: str) -> Grade:
        """Judge the text of one response; the letters that count are those of the sample."""
        found = answer if self.extract == "letter" else extract(self.extract, answer)
        if found is None:
            return failed("unparsable", f'extract = "{self.extract}" found nothing in the response')
        return self.compare(sample, found)

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Pass where the answer names a right choice."""
        wanted = self._wanted(sample)
        got = self._named(sample, answer)
        if got is None:
            return failed("unparsable", f"no choice stated; right is {wanted[0]}")
        return verdict(got in wanted, got, f"{got} against {wanted[0]}")

    def _named(self, sample: Sample, answer: str) -> str | None:
        letters = _letters(sample)
        by_text = {_words(choice): letter for choice, letter in zip(sample.choices, letters, strict=False)}
        plain = answer.strip().rpartition("\n")[2]
        same = by_text.get(_words(answer)) if len(answer.strip()) > 1 else None
        return same or stated_letter(answer, letters) or by_text.get(_words(plain.rpartition(":")[2]))

    def _wanted(self, sample: Sample) -> list[str]:
        letters = _letters(sample)
        wanted = []
        for target in right_answers(sample):
            bare = target.strip().strip("().").upper()
            texts = [_words(choice) for choice in sample.choices]
            if len(bare) == 1 and bare in letters:
                wanted.append(bare)
            elif _words(target) in texts:
                wanted.append(letters[texts.index(_words(target))])
            else:
                known = f"{letters[0]} to {letters[-1]}" + (" or the text of a choice" if texts else "")
                raise lacking(sample, f'has the target "{shown(target)}", which is not {known}')
        return wanted


def _letters(sample: Sample) -> str:
    return LETTERS[: len(sample.choices)] if sample.choices else LETTERS


def _words(value: str) -> str:
    return comparable(value, ignore_case=True).strip(" \t\r\n.*_\"'`")
