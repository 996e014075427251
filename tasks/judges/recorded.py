"""What a judge says of labelled answers: recorded with the labels, or asked for."""

from dataclasses import dataclass

from tasks.judges.labels import STATE, LabelledAnswer, LabelledPair, Labels
from tasks.model import Winner
from warehouse.errors import SpecError

RECORDED = "recorded/"


@dataclass(frozen=True)
class JudgedPair:
    """The verdicts on one pair, one a repetition; None: that one failed; empty: that order was not asked."""

    pair: LabelledPair
    first: tuple[Winner | None, ...]  # a was shown first
    swapped: tuple[Winner | None, ...]  # b was


@dataclass(frozen=True)
class JudgedAnswer:
    """The verdicts on one answer, one a repetition; None: that one failed."""

    answer: LabelledAnswer
    verdicts: tuple[bool | None, ...]


@dataclass(frozen=True)
class Verdicts:
    """All that a judge said: of pairs or of answers, as the labels are."""

    pairs: tuple[JudgedPair, ...] = ()
    answers: tuple[JudgedAnswer, ...] = ()

    @property
    def all(self) -> list[Winner | bool | None]:
        """Every verdict, failed ones among them."""
        of_pairs = [said for one in self.pairs for said in (*one.first, *one.swapped)]
        return [*of_pairs, *(said for one in self.answers for said in one.verdicts)]


def recorded_verdicts(judge: str, labels: Labels, repeats: int) -> Verdicts:
    """The verdicts that stand in the labels' file; who has to be asked: tasks/judges/labelled.py.

    Raises: SpecError: the file has none.
    """
    if repeats > 1:
        raise SpecError(
            f"--repeats {repeats}: {judge} is not asked, and its file has one verdict an order. {STATE} "
            f"Leave --repeats out."
        )
    if not labels.recorded:
        wanted = '"verdict" and "verdict_swapped"' if labels.pairs else '"verdict_passed"'
        raise SpecError(
            f"{labels.file}: {judge} takes the verdicts that stand in the file, and there is no column "
            f"{wanted}. {STATE} Name them with --map, or name a judge that can be asked."
        )
    verdicts = Verdicts(
        tuple(
            JudgedPair(
                pair,
                (pair.verdict,) if "verdict" in labels.recorded else (),
                (pair.verdict_swapped,) if "verdict_swapped" in labels.recorded else (),
            )
            for pair in labels.pairs
        ),
        tuple(JudgedAnswer(answer, (answer.verdict_passed,)) for answer in labels.answers),
    )
    if all(said is None for said in verdicts.all):
        raise SpecError(f"{labels.file}: every recorded verdict is empty. {STATE} Fill them in.")
    return verdicts
