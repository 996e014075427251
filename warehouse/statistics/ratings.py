"""Bradley-Terry: one strength for each of several models from who won against whom."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from warehouse.statistics.linear import inverse
from warehouse.statistics.proportions import Z95

PRIOR = 0.5  # of a win, and as much of a loss, against nobody in particular
ROUNDS = 20_000
CLOSE = 1e-10


@dataclass(frozen=True)
class Meeting:
    """How often two models met and who won; a tie is half a win for each."""

    a: str
    b: str
    wins_a: float
    wins_b: float
    ties: float = 0.0


@dataclass(frozen=True)
class Rating:
    """A model's strength on the log scale; those of all models add up to 0.

    A model that is stronger by d wins with probability 1 / (1 + exp(-d)). `n` counts its games;
    `with_prior`: the results alone have no finite answer (see `bradley_terry`).
    """

    name: str
    strength: float
    low: float
    high: float
    n: float
    with_prior: bool = False

    @property
    def elo(self) -> float:
        """On chess's scale, where 400 points are ten wins to one; 1000 is the mean of all models."""
        return to_elo(self.strength)


def to_elo(strength: float) -> float:
    """A strength, or an end of its interval, on chess's scale."""
    return 1000 + 400 * strength / math.log(10)


def win_chance(a: float, b: float) -> float:
    """How likely a model of strength `a` wins against one of strength `b`."""
    return 1 / (1 + math.exp(b - a))


def bradley_terry(meetings: Sequence[Meeting]) -> list[Rating]:
    """The most likely strengths, the strongest first, with 95 % intervals from the Fisher information.

    Games are taken as independent. Where some models won every game against the rest, or never met them, no
    finite strengths are the most likely; then, and only then, every model is given PRIOR of a win and PRIOR
    of a loss against a model of mean strength: weak, but finite, with intervals that are as wide as that.

    Source: D. R. Hunter (2004), "MM algorithms for generalized Bradley-Terry models", Annals of Statistics
    32:384-406, equation 3.
    """
    names = sorted({name for meeting in meetings for name in (meeting.a, meeting.b)})
    if not names:
        return []
    wins = {name: dict.fromkeys(names, 0.0) for name in names}
    for meeting in meetings:
        if meeting.a == meeting.b:
            raise ValueError(f"{meeting.a} cannot meet itself")
        wins[meeting.a][meeting.b] += meeting.wins_a + meeting.ties / 2
        wins[meeting.b][meeting.a] += meeting.wins_b + meeting.ties / 2
    prior = 0.0 if _is_connected(names, wins) else PRIOR
    strengths = _most_likely(names, wins, prior)
    errors = _standard_errors(names, wins, strengths, prior)
    ratings = [
        Rating(
            name,
            strengths[name],
            strengths[name] - Z95 * errors[name],
            strengths[name] + Z95 * errors[name],
            sum(wins[name][other] + wins[other][name] for other in names),
            with_prior=prior > 0,
        )
        for name in names
    ]
    return sorted(ratings, key=lambda rating: (-rating.strength, rating.name))


def _is_connected(names: Sequence[str], wins: Mapping[str, Mapping[str, float]]) -> bool:
    """Whether a chain of wins leads from every model to every other: Ford's condition of 1957."""

    def reached(forwards: bool) -> set[str]:
        seen, new = {names[0]}, [names[0]]
        while new:
            one = new.pop()
            beaten = [name for name in names if (wins[one][name] if forwards else wins[name][one]) > 0]
            new += [name for name in beaten if name not in seen]
            seen.update(beaten)
        return seen

    return len(reached(True)) == len(reached(False)) == len(names)


def _most_likely(
    names: Sequence[str], wins: Mapping[str, Mapping[str, float]], prior: float
) -> dict[str, float]:
    """Minorize and maximize until no strength moves; the mean of their logarithms is 0."""
    power = dict.fromkeys(names, 1.0)
    won = {name: sum(wins[name].values()) + prior for name in names}
    games = {
        name: [(other, n) for other in names if (n := wins[name][other] + wins[other][name])]
        for name in names
    }
    for _ in range(ROUNDS):
        new = {
            name: won[name]
            / (
                sum(n / (power[name] + power[other]) for other, n in games[name])
                + (2 * prior / (power[name] + 1) if prior else 0.0)
            )
            for name in names
        }
        if not prior:  # otherwise the prior's opponent, of power 1, holds the scale
            mean = math.exp(sum(map(math.log, new.values())) / len(names))
            new = {name: value / mean for name, value in new.items()}
        moved = max(abs(math.log(new[name] / power[name])) for name in names)
        power = new
        if moved < CLOSE:
            break
    middle = sum(map(math.log, power.values())) / len(names)
    return {name: math.log(value) - middle for name, value in power.items()}


def _standard_errors(
    names: Sequence[str],
    wins: Mapping[str, Mapping[str, float]],
    strengths: Mapping[str, float],
    prior: float,
) -> dict[str, float]:
    """Of strengths that add up to 0, from the inverse of the information."""
    n = len(names)
    information = [[1 / n] * n for _ in names]  # the direction that no game tells of; gone once centred
    for i, one in enumerate(names):
        chance = win_chance(strengths[one], 0.0)
        information[i][i] += 2 * prior * chance * (1 - chance)
        for j, other in enumerate(names):
            if i != j:
                chance = win_chance(strengths[one], strengths[other])
                weight = (wins[one][other] + wins[other][one]) * chance * (1 - chance)
                information[i][i] += weight
                information[i][j] -= weight
    spread = inverse(information)
    rows = [sum(row) / n for row in spread]
    whole = sum(rows) / n
    return {name: math.sqrt(max(0.0, spread[i][i] - 2 * rows[i] + whole)) for i, name in enumerate(names)}
